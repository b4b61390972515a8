/* Rosenbrock's function, loops, an ordinary differential equation and the heat equation, with
   gradients derived by hand: what a careful programmer would write in an afternoon. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* -- Rosenbrock: sum of 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2 --------------------------------- */

double rosenbrock(long n, const double *x) {
    double total = 0;
    for (long i = 0; i + 1 < n; i++) {
        double a = x[i + 1] - x[i] * x[i], b = 1 - x[i];
        total += 100 * a * a + b * b;
    }
    return total;
}

void rosenbrock_gradient(long n, const double *x, double *restrict g) {
    g[0] = 0;
    for (long i = 0; i + 1 < n; i++) g[i + 1] = 200 * (x[i + 1] - x[i] * x[i]);
    for (long i = 0; i + 1 < n; i++)
        g[i] += -400 * x[i] * (x[i + 1] - x[i] * x[i]) - 2 * (1 - x[i]);
}

/* Its Hessian is tridiagonal. */
void rosenbrock_hvp(long n, const double *x, const double *v, double *restrict h) {
    h[0] = 0;
    for (long i = 0; i + 1 < n; i++) h[i + 1] = 200 * v[i + 1] - 400 * x[i] * v[i];
    for (long i = 0; i + 1 < n; i++)
        h[i] += (1200 * x[i] * x[i] - 400 * x[i + 1] + 2) * v[i] - 400 * x[i] * v[i + 1];
}

/* A chain of x = x + 0.01 sin(x) */

double chain(long n, double x) {
    for (long i = 0; i < n; i++) x += 0.01 * sin(x);
    return x;
}

void chain_gradient(long n, double x, double *restrict g) {
    double slope = 1;
    for (long i = 0; i < n; i++) {
        slope *= 1 + 0.01 * cos(x);
        x += 0.01 * sin(x);
    }
    *g = slope;
}

/* log(sum(exp(A x))) + Rosenbrock's function of x, A of shape [m, n]: gradient and full Hessian */

static void softmax(long m, long n, const double *A, const double *x, double *restrict p) {
    double largest = -1e300, sum = 0;
    for (long r = 0; r < m; r++) {
        p[r] = 0;
        for (long i = 0; i < n; i++) p[r] += A[r * n + i] * x[i];
        if (p[r] > largest) largest = p[r];
    }
    for (long r = 0; r < m; r++) sum += p[r] = exp(p[r] - largest);
    for (long r = 0; r < m; r++) p[r] /= sum;
}

void fit_gradient(long m, long n, const double *A, const double *x, double *restrict g) {
    double p[m];
    softmax(m, n, A, x, p);
    rosenbrock_gradient(n, x, g);
    for (long r = 0; r < m; r++)
        for (long i = 0; i < n; i++) g[i] += p[r] * A[r * n + i];
}

void fit_hessian(long m, long n, const double *A, const double *x, double *restrict H) {
    double p[m], mean[n];
    softmax(m, n, A, x, p);
    memset(H, 0, sizeof(double) * n * n);
    memset(mean, 0, sizeof mean);
    for (long i = 0; i + 1 < n; i++) {
        H[i * n + i] += 1200 * x[i] * x[i] - 400 * x[i + 1] + 2;
        H[(i + 1) * n + i + 1] += 200;
        H[i * n + i + 1] = H[(i + 1) * n + i] = -400 * x[i];
    }
    for (long r = 0; r < m; r++) {
        const double *a = A + r * n;
        for (long i = 0; i < n; i++) mean[i] += p[r] * a[i];
        for (long i = 0; i < n; i++) {
            double scale = p[r] * a[i];
            for (long j = 0; j < n; j++) H[i * n + j] += scale * a[j];
        }
    }
    for (long i = 0; i < n; i++)
        for (long j = 0; j < n; j++) H[i * n + j] -= mean[i] * mean[j];
}

/* -- a loop that reads: s += x[i] sin x[i] ------------------------------------------------------ */

double reading(long n, const double *x) {
    double s = 0;
    for (long i = 0; i < n; i++) s += x[i] * sin(x[i]);
    return s;
}

void reading_gradient(long n, const double *x, double *restrict g) {
    for (long i = 0; i < n; i++) g[i] = sin(x[i]) + x[i] * cos(x[i]);
}

/* -- a loop that writes: y[i] = 0.99 y[i-1] + sin(y[i-1]) x[i]; half the sum of squares --------- */

static double *written(long n, const double *x) {
    double *y = malloc(sizeof(double) * n);
    y[0] = x[0];
    for (long i = 1; i < n; i++) y[i] = 0.99 * y[i - 1] + sin(y[i - 1]) * x[i];
    return y;
}

double writing(long n, const double *x) {
    double *y = written(n, x), total = 0;
    for (long i = 0; i < n; i++) total += y[i] * y[i];
    free(y);
    return total / 2;
}

void writing_gradient(long n, const double *x, double *restrict g) {
    double *y = written(n, x), slope = 0;
    for (long i = n - 1; i > 0; i--) {
        slope += y[i];
        g[i] = slope * sin(y[i - 1]);
        slope *= 0.99 + cos(y[i - 1]) * x[i];
    }
    g[0] = slope + y[0];
    free(y);
}

/* -- Lotka and Volterra by Runge and Kutta: z = (u, v, a, b, c, d); u + 2 v at the end ----------- */

static void rates(const double *s, const double *p, double *r) {
    r[0] = p[0] * s[0] - p[1] * s[0] * s[1];
    r[1] = -p[2] * s[1] + p[3] * s[0] * s[1];
}

/* adds what a cotangent of the rates means for the state and the parameters */
static void back(const double *s, const double *p, const double *r, double *sb, double *pb) {
    sb[0] += r[0] * (p[0] - p[1] * s[1]) + r[1] * p[3] * s[1];
    sb[1] += -r[0] * p[1] * s[0] + r[1] * (p[3] * s[0] - p[2]);
    pb[0] += r[0] * s[0];
    pb[1] -= r[0] * s[0] * s[1];
    pb[2] -= r[1] * s[1];
    pb[3] += r[1] * s[0] * s[1];
}

static const double PART[4] = {0, 0.5, 0.5, 1}, WEIGHT[4] = {1, 2, 2, 1};

/* one step; the states where the four rates are taken are left in `at` */
static void step(double h, const double *p, double *s, double at[4][2]) {
    double k[2] = {0, 0}, sum[2] = {0, 0};
    for (int stage = 0; stage < 4; stage++) {
        for (int i = 0; i < 2; i++) at[stage][i] = s[i] + h * PART[stage] * k[i];
        rates(at[stage], p, k);
        for (int i = 0; i < 2; i++) sum[i] += WEIGHT[stage] * k[i];
    }
    for (int i = 0; i < 2; i++) s[i] += h / 6 * sum[i];
}

double orbit(long n, double h, const double *z) {
    double s[2] = {z[0], z[1]}, at[4][2];
    for (long t = 0; t < n; t++) step(h, z + 2, s, at);
    return s[0] + 2 * s[1];
}

void orbit_gradient(long n, double h, const double *z, double *restrict g) {
    double (*at)[4][2] = malloc(sizeof(double[4][2]) * n);
    double s[2] = {z[0], z[1]}, sb[2] = {1, 2}, pb[4] = {0, 0, 0, 0};
    for (long t = 0; t < n; t++) step(h, z + 2, s, at[t]);
    for (long t = n - 1; t >= 0; t--) {
        double sum[2] = {sb[0], sb[1]}, kb[2] = {0, 0};
        for (int stage = 3; stage >= 0; stage--) {
            double rb[2], ab[2] = {0, 0};
            for (int i = 0; i < 2; i++) rb[i] = h / 6 * WEIGHT[stage] * sb[i] + kb[i];
            back(at[t][stage], z + 2, rb, ab, pb);
            for (int i = 0; i < 2; i++) sum[i] += ab[i], kb[i] = h * PART[stage] * ab[i];
        }
        sb[0] = sum[0], sb[1] = sum[1];
    }
    memcpy(g, sb, sizeof sb);
    memcpy(g + 2, pb, sizeof pb);
    free(at);
}

/* -- heat: u[i] += k c(u) (u[i-1] - 2 u[i] + u[i+1]) inside, c = 1 or 1 + u[i]^2; half the sum of
      squares at the end ------------------------------------------------------------------------ */

static void diffuse(long n, double k, int bent, const double *u, double *restrict w) {
    w[0] = u[0], w[n - 1] = u[n - 1];
    if (bent)
        for (long i = 1; i < n - 1; i++)
            w[i] = u[i] + k * (1 + u[i] * u[i]) * (u[i - 1] - 2 * u[i] + u[i + 1]);
    else
        for (long i = 1; i < n - 1; i++) w[i] = u[i] + k * (u[i - 1] - 2 * u[i] + u[i + 1]);
}

double heat(long n, long steps, double k, int bent, const double *u) {
    double *a = malloc(sizeof(double) * n), *b = malloc(sizeof(double) * n), total = 0;
    memcpy(a, u, sizeof(double) * n);
    for (long t = 0; t < steps; t++) {
        diffuse(n, k, bent, a, b);
        double *c = a;
        a = b, b = c;
    }
    for (long i = 0; i < n; i++) total += a[i] * a[i];
    free(a), free(b);
    return total / 2;
}

void heat_gradient(long n, long steps, double k, int bent, const double *u, double *restrict g) {
    long kept = bent ? steps + 1 : 2; /* a linear equation needs no states on the way back */
    double *all = malloc(sizeof(double) * n * kept), *b = malloc(sizeof(double) * n);
    memcpy(all, u, sizeof(double) * n);
    for (long t = 0; t < steps; t++)
        diffuse(n, k, bent, all + t % kept * n, all + (t + 1) % kept * n);
    memcpy(g, all + steps % kept * n, sizeof(double) * n);
    for (long t = steps - 1; t >= 0; t--) {
        const double *w = all + t % kept * n;
        memcpy(b, g, sizeof(double) * n);
        if (bent) {
            double *scale = b; /* cotangents times the conductivity, zero at the ends */
            for (long i = 1; i < n - 1; i++) {
                double bend = w[i - 1] - 2 * w[i] + w[i + 1];
                g[i] += 2 * k * w[i] * bend * b[i];
                scale[i] *= 1 + w[i] * w[i];
            }
        }
        double first = b[0], last = b[n - 1];
        b[0] = b[n - 1] = 0;
        for (long i = 1; i < n - 1; i++) g[i] += k * (b[i - 1] - 2 * b[i] + b[i + 1]);
        g[0] = first + k * b[1], g[n - 1] = last + k * b[n - 2];
    }
    free(all), free(b);
}
