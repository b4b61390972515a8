/* Three problems of ADBench with derivatives derived by hand. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

static double *doubles(long n) {
    return aligned_alloc(64, (sizeof(double) * (n > 0 ? n : 1) + 63) / 64 * 64);
}

/* -- Gaussian mixture, in blocks of points, the points of a block side by side ------------------- */

#define BLOCK 64

static double log_sum_exp(long n, const double *x, double *largest, double *sum) {
    *largest = -1e300, *sum = 0;
    for (long i = 0; i < n; i++) *largest = fmax(*largest, x[i]);
    for (long i = 0; i < n; i++) *sum += exp(x[i] - *largest);
    return *largest + log(*sum);
}

static double dot(const double *restrict a, const double *restrict b) {
    double s = 0;
    for (int p = 0; p < BLOCK; p++) s += a[p] * b[p];
    return s;
}

/* The value; and the gradient, unless `ga` is null. A factor is stored as the logarithms of its
   diagonal, then what is below column by column; L has its rows, K of them of d (d - 1) / 2. */
double mixture(long d, long K, long n, const double *alphas, const double *means,
               const double *icf, const double *x, double gamma, double m, double *ga, double *gm,
               double *gi) {
    long low = d * (d - 1) / 2, all = d + low, count = 0;
    double *L = doubles(K * low), *Q = doubles(K * d), *shift = doubles(K), prior = 0, value = 0;
    double *z = doubles(K * d * BLOCK), *score = doubles(K * BLOCK), *c = doubles(d * BLOCK);
    double *xt = doubles(d * BLOCK), *gL = doubles(K * low), *gQ = doubles(K * d);
    double *sums = doubles(K * d), *mass = doubles(K);
    for (long k = 0; k < K; k++) {
        const double *own = icf + k * all;
        double logs = 0;
        for (long i = 0; i < d; i++) logs += own[i], Q[k * d + i] = exp(own[i]);
        for (long i = 0; i < d; i++) prior += gamma * gamma / 2 * Q[k * d + i] * Q[k * d + i];
        for (long i = d; i < all; i++) prior += gamma * gamma / 2 * own[i] * own[i];
        prior -= m * logs, shift[k] = alphas[k] + logs;
        for (long j = 0, q = d; j < d; j++)
            for (long i = j + 1; i < d; i++) L[k * low + i * (i - 1) / 2 + j] = own[q++];
    }
    memset(gL, 0, sizeof(double) * K * low), memset(gQ, 0, sizeof(double) * K * d);
    memset(sums, 0, sizeof(double) * K * d), memset(mass, 0, sizeof(double) * K);
    for (long start = 0; start < n; start += BLOCK) {
        double largest[BLOCK], total[BLOCK];
        count = n - start < BLOCK ? n - start : BLOCK;
        for (int p = 0; p < BLOCK; p++) {
            const double *point = x + (start + (p < count ? p : 0)) * d;
            for (long j = 0; j < d; j++) xt[j * BLOCK + p] = point[j];
            largest[p] = -1e300, total[p] = 0;
        }
        for (long k = 0; k < K; k++) {
            double *s = score + k * BLOCK;
            for (long j = 0; j < d; j++)
                for (int p = 0; p < BLOCK; p++)
                    c[j * BLOCK + p] = xt[j * BLOCK + p] - means[k * d + j];
            for (int p = 0; p < BLOCK; p++) s[p] = shift[k];
            for (long i = 0; i < d; i++) {
                double y[BLOCK], *kept = z + (k * d + i) * BLOCK;
                for (int p = 0; p < BLOCK; p++) y[p] = Q[k * d + i] * c[i * BLOCK + p];
                for (long j = 0; j < i; j++) {
                    double l = L[k * low + i * (i - 1) / 2 + j];
                    for (int p = 0; p < BLOCK; p++) y[p] += l * c[j * BLOCK + p];
                }
                for (int p = 0; p < BLOCK; p++) s[p] -= y[p] * y[p] / 2, kept[p] = y[p];
            }
            for (int p = 0; p < BLOCK; p++) largest[p] = s[p] > largest[p] ? s[p] : largest[p];
        }
        for (long k = 0; k < K; k++)
            for (int p = 0; p < BLOCK; p++)
                total[p] += score[k * BLOCK + p] = exp(score[k * BLOCK + p] - largest[p]);
        for (int p = 0; p < count; p++) value += largest[p] + log(total[p]);
        if (!ga) continue;
        for (int p = 0; p < BLOCK; p++) total[p] = p < count ? 1 / total[p] : 0;
        for (long k = 0; k < K; k++) {
            double *w = score + k * BLOCK, t = 0;
            for (int p = 0; p < BLOCK; p++) t += w[p] *= total[p];
            mass[k] += t;
            for (long j = 0; j < d; j++)
                for (int p = 0; p < BLOCK; p++)
                    c[j * BLOCK + p] = xt[j * BLOCK + p] - means[k * d + j];
            for (long i = 0; i < d; i++) {
                double g[BLOCK], *kept = z + (k * d + i) * BLOCK;
                t = 0;
                for (int p = 0; p < BLOCK; p++) t += g[p] = w[p] * kept[p];
                sums[k * d + i] += t;
                gQ[k * d + i] -= dot(g, c + i * BLOCK);
                for (long j = 0; j < i; j++)
                    gL[k * low + i * (i - 1) / 2 + j] -= dot(g, c + j * BLOCK);
            }
        }
    }
    double largest, sum;
    value += prior - n * log_sum_exp(K, alphas, &largest, &sum);
    for (long k = 0; k < K && ga; k++) {
        double *own = gi + k * all;
        ga[k] = mass[k] - n * exp(alphas[k] - largest) / sum;
        for (long i = 0; i < d; i++) {
            double q = Q[k * d + i];
            own[i] = gQ[k * d + i] * q + mass[k] + gamma * gamma * q * q - m;
            gm[k * d + i] = q * sums[k * d + i];
        }
        for (long j = 0, q = d; j < d; j++)
            for (long i = j + 1; i < d; i++) {
                long r = k * low + i * (i - 1) / 2 + j;
                own[q++] = gL[r] + gamma * gamma * L[r];
                gm[k * d + j] += L[r] * sums[k * d + i];
            }
    }
    double *own[] = {L, Q, shift, z, score, c, xt, gL, gQ, sums, mass};
    for (int i = 0; i < 11; i++) free(own[i]);
    return value;
}

/* -- bundle adjustment ---------------------------------------------------------------------------
   The errors of each observation, [p, 2], and unless J is null their derivatives, [p, 2, 15]. That
   of a turn by r is -R [x] (r r' + (R' - 1) [r]) / r'r, where [x] is the matrix of the cross product
   (Gallego and Yezzi, A compact formula for the derivative of a 3-D rotation, 2015). */

void adjustment(long count, const double *cameras, const double *points, const double *weights,
                const double *features, const long *camera, const long *point, double *errors,
                double *J, double *weight_slopes) {
    for (long o = 0; o < count; o++) {
        const double *c = cameras + 11 * camera[o], *at = points + 3 * point[o], *r = c;
        double w = weights[o], x[3], y[3], R[3][3], square = r[0] * r[0] + r[1] * r[1] + r[2] * r[2];
        double angle = sqrt(square), cosine = cos(angle), sine = sin(angle), u[3];
        for (int i = 0; i < 3; i++) x[i] = at[i] - c[3 + i], u[i] = r[i] / angle;
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                R[i][j] = (1 - cosine) * u[i] * u[j] + (i == j ? cosine : 0);
        R[0][1] -= sine * u[2], R[0][2] += sine * u[1], R[1][0] += sine * u[2];
        R[1][2] -= sine * u[0], R[2][0] -= sine * u[1], R[2][1] += sine * u[0];
        for (int i = 0; i < 3; i++) y[i] = R[i][0] * x[0] + R[i][1] * x[1] + R[i][2] * x[2];
        double p[2] = {y[0] / y[2], y[1] / y[2]}, f = c[6], k1 = c[9], k2 = c[10];
        double r2 = p[0] * p[0] + p[1] * p[1], bend = 1 + k1 * r2 + k2 * r2 * r2;
        double e[2];
        for (int i = 0; i < 2; i++) {
            e[i] = f * bend * p[i] + c[7 + i] - features[2 * o + i];
            errors[2 * o + i] = w * e[i];
        }
        if (!J) continue;
        weight_slopes[o] = -2 * w;
        double P[2][3], Y[2][3], S[2][3]; /* derivatives by y, by x, and S = Y [x] */
        for (int i = 0; i < 2; i++) {
            double a = w * f * 2 * (k1 + 2 * k2 * r2) * p[i], d0 = a * p[0], d1 = a * p[1];
            d0 += i == 0 ? w * f * bend : 0, d1 += i == 1 ? w * f * bend : 0;
            P[i][0] = d0 / y[2], P[i][1] = d1 / y[2];
            P[i][2] = -(d0 * p[0] + d1 * p[1]) / y[2];
            for (int j = 0; j < 3; j++)
                Y[i][j] = P[i][0] * R[0][j] + P[i][1] * R[1][j] + P[i][2] * R[2][j];
            S[i][0] = Y[i][1] * x[2] - Y[i][2] * x[1];
            S[i][1] = Y[i][2] * x[0] - Y[i][0] * x[2];
            S[i][2] = Y[i][0] * x[1] - Y[i][1] * x[0];
        }
        for (int i = 0; i < 2; i++) {
            double *row = J + 30 * o + 15 * i, t[3]; /* t = S (R' - 1) */
            double along = S[i][0] * r[0] + S[i][1] * r[1] + S[i][2] * r[2];
            for (int j = 0; j < 3; j++)
                t[j] = S[i][0] * R[j][0] + S[i][1] * R[j][1] + S[i][2] * R[j][2] - S[i][j];
            row[0] = -(along * r[0] + t[1] * r[2] - t[2] * r[1]) / square;
            row[1] = -(along * r[1] + t[2] * r[0] - t[0] * r[2]) / square;
            row[2] = -(along * r[2] + t[0] * r[1] - t[1] * r[0]) / square;
            for (int j = 0; j < 3; j++) row[3 + j] = -Y[i][j], row[11 + j] = Y[i][j];
            row[6] = w * bend * p[i];
            row[7] = i == 0 ? w : 0, row[8] = i == 1 ? w : 0;
            row[9] = w * f * r2 * p[i], row[10] = w * f * r2 * r2 * p[i];
            row[14] = e[i];
        }
    }
}

/* -- recurrent network: l layers of s cells, c characters; the value, and unless it is null the
      gradient by the main parameters [2 l, 4 s] and the others [3, s] ------------------------------ */

static double sigmoid(double x) { return 1 / (1 + exp(-x)); }
static double squash(double x) { return 1 - 2 / (1 + exp(2 * x)); } /* tanh, as vectors go */

enum { FORGET, IN, OUT, CHANGE, X, HIDDEN, MEMORY, SQUASHED, KINDS };

double network(long l, long c, long s, const double *main_, const double *extra,
               const double *state, const double *text, double *gm, double *ge) {
    long steps = c - 1;
    double *kept = doubles(steps * l * KINDS * s), *heads = doubles(steps * s), total = 0;
    double *hidden = doubles(l * s), *memory = doubles(l * s), *e = doubles(steps * s);
    double *sums = doubles(steps);
    for (long k = 0; k < l; k++) {
        memcpy(hidden + k * s, state + 2 * k * s, sizeof(double) * s);
        memcpy(memory + k * s, state + (2 * k + 1) * s, sizeof(double) * s);
    }
    for (long t = 0; t < steps; t++) {
        double x[s], sum = 2, said = 0, wanted = 0;
        for (long i = 0; i < s; i++) x[i] = text[t * s + i] * extra[i];
        for (long k = 0; k < l; k++) {
            const double *w = main_ + 2 * k * 4 * s, *b = w + 4 * s;
            double *at = kept + (t * l + k) * KINDS * s, *h = hidden + k * s, *m = memory + k * s;
#pragma GCC ivdep
            for (long i = 0; i < s; i++) {
                double f = sigmoid(x[i] * w[i] + b[i]), g = sigmoid(h[i] * w[s + i] + b[s + i]);
                double o = sigmoid(x[i] * w[2 * s + i] + b[2 * s + i]);
                double d = squash(h[i] * w[3 * s + i] + b[3 * s + i]), after = m[i] * f + g * d;
                double squashed = squash(after);
                at[FORGET * s + i] = f, at[IN * s + i] = g, at[OUT * s + i] = o;
                at[CHANGE * s + i] = d, at[X * s + i] = x[i], at[HIDDEN * s + i] = h[i];
                at[MEMORY * s + i] = m[i], at[SQUASHED * s + i] = squashed;
                m[i] = after, x[i] = h[i] = o * squashed;
            }
        }
#pragma GCC ivdep
        for (long i = 0; i < s; i++) {
            double y = x[i] * extra[s + i] + extra[2 * s + i], tall = text[(t + 1) * s + i];
            heads[t * s + i] = x[i], sum += e[t * s + i] = exp(y);
            said += tall * y, wanted += tall;
        }
        sums[t] = sum, total += said - wanted * log(sum);
    }
    double scale = -1.0 / (steps * s);
    if (gm) {
        double dh[l * s], dm[l * s];
        memset(dh, 0, sizeof dh), memset(dm, 0, sizeof dm);
        memset(gm, 0, sizeof(double) * 8 * l * s), memset(ge, 0, sizeof(double) * 3 * s);
        for (long t = steps - 1; t >= 0; t--) {
            double dx[s], wanted = 0;
            for (long i = 0; i < s; i++) wanted += text[(t + 1) * s + i];
#pragma GCC ivdep
            for (long i = 0; i < s; i++) {
                double dy = scale * (text[(t + 1) * s + i] - wanted * e[t * s + i] / sums[t]);
                ge[s + i] += dy * heads[t * s + i], ge[2 * s + i] += dy, dx[i] = dy * extra[s + i];
            }
            for (long k = l - 1; k >= 0; k--) {
                const double *w = main_ + 2 * k * 4 * s, *at = kept + (t * l + k) * KINDS * s;
                double *gw = gm + 2 * k * 4 * s, *gb = gw + 4 * s;
#pragma GCC ivdep
                for (long i = 0; i < s; i++) {
                    double f = at[FORGET * s + i], g = at[IN * s + i], o = at[OUT * s + i];
                    double d = at[CHANGE * s + i], x = at[X * s + i], h = at[HIDDEN * s + i];
                    double q = at[SQUASHED * s + i], out = dx[i] + dh[k * s + i];
                    double mem = dm[k * s + i] + out * o * (1 - q * q);
                    double pf = mem * at[MEMORY * s + i] * f * (1 - f), pg = mem * d * g * (1 - g);
                    double po = out * q * o * (1 - o), pd = mem * g * (1 - d * d);
                    gw[i] += pf * x, gw[s + i] += pg * h, gw[2 * s + i] += po * x;
                    gw[3 * s + i] += pd * h, gb[i] += pf, gb[s + i] += pg, gb[2 * s + i] += po;
                    gb[3 * s + i] += pd, dm[k * s + i] = mem * f;
                    dh[k * s + i] = pg * w[s + i] + pd * w[3 * s + i];
                    dx[i] = pf * w[i] + po * w[2 * s + i];
                }
            }
            for (long i = 0; i < s; i++) ge[i] += dx[i] * text[t * s + i];
        }
    }
    double *own[] = {kept, heads, hidden, memory, e, sums};
    for (int i = 0; i < 6; i++) free(own[i]);
    return scale * total;
}
