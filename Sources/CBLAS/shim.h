#include <cblas.h>

// LAPACK's routines that Debian's OpenBLAS brings without a header for them. Matrices are in
// column-major order; `lda` is the distance of their columns. `info` is 0 when all went well.

/// Factors a positive definite `a` by Cholesky (LAPACK's SPOTRF).
///
/// `uplo` says which triangle of `a` is read and overwritten with the factor; `info` is 0, or the
/// order of the minor that is not positive.
void spotrf_(const char *uplo, const int *n, float *a, const int *lda, int *info);

/// Inverts a matrix from its Cholesky factor (SPOTRI): that triangle of `a` becomes the inverse's.
void spotri_(const char *uplo, const int *n, float *a, const int *lda, int *info);

/// Factors an `m` x `n` matrix into Q R by Householder's reflections (SGEQRF), which are left in `a`
/// below the diagonal and in `tau`.
void sgeqrf_(
    const int *m, const int *n, float *a, const int *lda, float *tau, float *work, const int *lwork,
    int *info);

/// Puts together the first `n` columns of Q from the `k` reflections of SGEQRF (SORGQR).
void sorgqr_(
    const int *m, const int *n, const int *k, float *a, const int *lda, const float *tau, float *work,
    const int *lwork, int *info);

/// Finds all eigenvalues of a symmetric `a`, ascending in `w`, and, with `jobz` "V", the eigenvectors,
/// which become its columns (SSYEV).
void ssyev_(
    const char *jobz, const char *uplo, const int *n, float *a, const int *lda, float *w, float *work,
    const int *lwork, int *info);
