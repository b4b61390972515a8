/* The hand of ADBench with its Jacobian derived by hand: only vertices that a point refers to are
   moved, and an angle moves only the bones from its own to the tip of the finger. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BONES = 22, PARAMETERS = 26, FIRST = 6, ANGLES = PARAMETERS - FIRST };

typedef double Matrix[4][4];

static void multiply(Matrix a, Matrix b, Matrix out) {
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) {
            out[i][j] = 0;
            for (int k = 0; k < 4; k++) out[i][j] += a[i][k] * b[k][j];
        }
}

/* a turn about x by one angle, then about z; its derivative by the first or the second one */
static void joint(double x, double z, Matrix out, Matrix by_x, Matrix by_z) {
    double sx = sin(x), cx = cos(x), sz = sin(z), cz = cos(z);
    Matrix turn = {{cz, -sz * cx, sz * sx, 0}, {sz, cz * cx, -cz * sx, 0}, {0, sx, cx, 0}, {0, 0, 0, 1}};
    Matrix dx = {{0, sz * sx, sz * cx, 0}, {0, -cz * sx, -cz * cx, 0}, {0, cx, -sx, 0}};
    Matrix dz = {{-sz, -cz * cx, cz * sx, 0}, {cz, -sz * cx, sz * sx, 0}};
    memcpy(out, turn, sizeof turn), memcpy(by_x, dx, sizeof dx), memcpy(by_z, dz, sizeof dz);
}

/* a turn about a vector by its length, and its derivatives (Gallego and Yezzi, 2015) */
static void rotation(const double *v, double R[3][3], double dR[3][3][3]) {
    double square = v[0] * v[0] + v[1] * v[1] + v[2] * v[2], angle = sqrt(square);
    double c = cos(angle), s = sin(angle) / angle, w = (1 - c) / square;
    double cross[3][3] = {{0, -v[2], v[1]}, {v[2], 0, -v[0]}, {-v[1], v[0], 0}};
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) R[i][j] = (i == j ? c : 0) + s * cross[i][j] + w * v[i] * v[j];
    for (int k = 0; k < 3; k++) {
        double e[3], u[3]; /* u = v x (1 - R) e_k */
        for (int i = 0; i < 3; i++) e[i] = (i == k) - R[i][k];
        u[0] = v[1] * e[2] - v[2] * e[1], u[1] = v[2] * e[0] - v[0] * e[2];
        u[2] = v[0] * e[1] - v[1] * e[0];
        for (int i = 0; i < 3; i++) u[i] = (v[k] * v[i] + u[i]) / square;
        double turn[3][3] = {{0, -u[2], u[1]}, {u[2], 0, -u[0]}, {-u[1], u[0], 0}};
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++) {
                dR[k][i][j] = 0;
                for (int m = 0; m < 3; m++) dR[k][i][j] += turn[i][m] * R[m][j];
            }
    }
}

/* The errors of n points, [n, 3], and unless J is null the Jacobian, [n, 3, 26], or with places in
   triangles [n, 3, 28]. `bent` and `spread` say which parameters turn a bone, 26 for none. */
void hand(long n, const long *parents, const double *relative, const double *inverse,
          const double *skin, const long *triangles, const double *points, const long *belongs,
          const double *theta, const double *us, const long *bent, const long *spread,
          double *errors, double *J) {
    static Matrix absolute[BONES], moved[ANGLES][BONES], to_bone[BONES], slope[ANGLES][BONES];
    int touched[ANGLES][BONES], count[ANGLES] = {0};
    char active[ANGLES][BONES] = {{0}};
    for (int b = 0; b < BONES; b++) {
        Matrix turn, by_x, by_z, rest, before;
        double x = bent[b] < PARAMETERS ? theta[bent[b]] : 0;
        double z = spread[b] < PARAMETERS ? theta[spread[b]] : 0;
        joint(x, z, turn, by_x, by_z);
        memcpy(rest, relative + 16 * b, sizeof rest);
        if (parents[b] < 0) memcpy(before, rest, sizeof rest);
        else multiply(absolute[parents[b]], rest, before);
        multiply(before, turn, absolute[b]);
        multiply(absolute[b], (void *)(inverse + 16 * b), to_bone[b]);
        for (int a = 0; a < ANGLES && J; a++) {
            if (bent[b] == FIRST + a) multiply(before, by_x, moved[a][b]);
            else if (spread[b] == FIRST + a) multiply(before, by_z, moved[a][b]);
            else if (parents[b] >= 0 && active[a][parents[b]]) {
                Matrix own;
                multiply(rest, turn, own);
                multiply(moved[a][parents[b]], own, moved[a][b]);
            } else continue;
            active[a][b] = 1, touched[a][count[a]++] = b;
            multiply(moved[a][b], (void *)(inverse + 16 * b), slope[a][b]);
        }
    }
    double R[3][3], dR[3][3][3];
    rotation(theta, R, dR);
    long columns = PARAMETERS + (us ? 2 : 0);
    for (long p = 0; p < n; p++) {
        int corners = us ? 3 : 1;
        double share[3] = {1, 0, 0}, q[3] = {0}, corner[3][3] = {{0}}, s[BONES][4];
        if (us) share[0] = us[2 * p], share[1] = us[2 * p + 1], share[2] = 1 - share[0] - share[1];
        memset(s, 0, sizeof s);
        for (int c = 0; c < corners; c++) {
            long v = us ? triangles[3 * belongs[p] + c] : belongs[p];
            const double *own = skin + v * BONES * 4;
            for (int b = 0; b < BONES; b++)
                for (int k = 0; k < 4; k++) {
                    s[b][k] += share[c] * own[4 * b + k];
                    for (int i = 0; i < 3; i++) corner[c][i] += to_bone[b][i][k] * own[4 * b + k];
                }
            for (int i = 0; i < 3; i++) q[i] += share[c] * corner[c][i];
        }
        for (int i = 0; i < 3; i++)
            errors[3 * p + i] = points[3 * p + i] - theta[3 + i] - R[i][0] * q[0] - R[i][1] * q[1] - R[i][2] * q[2];
        if (!J) continue;
        double *rows = J + 3 * columns * p, *first = rows + (us ? 2 : 0);
        for (int i = 0; i < 3; i++) {
            double *row = first + i * columns;
            for (int k = 0; k < 3; k++) {
                row[k] = -(dR[k][i][0] * q[0] + dR[k][i][1] * q[1] + dR[k][i][2] * q[2]);
                row[3 + k] = i == k ? -1 : 0;
            }
            for (int c = 0; c < 2 && us; c++) {
                double d[3];
                for (int k = 0; k < 3; k++) d[k] = corner[c][k] - corner[2][k];
                rows[i * columns + c] = -(R[i][0] * d[0] + R[i][1] * d[1] + R[i][2] * d[2]);
            }
        }
        for (int a = 0; a < ANGLES; a++) {
            double d[3] = {0};
            for (int t = 0; t < count[a]; t++) {
                int b = touched[a][t];
                for (int i = 0; i < 3; i++)
                    for (int k = 0; k < 4; k++) d[i] += slope[a][b][i][k] * s[b][k];
            }
            for (int i = 0; i < 3; i++)
                first[i * columns + FIRST + a] = -(R[i][0] * d[0] + R[i][1] * d[1] + R[i][2] * d[2]);
        }
    }
}
