#include <cblas.h>

/// Solves `A X = B` for a positive definite A by Cholesky (LAPACK's SPOSV), in column-major order.
///
/// Debian's OpenBLAS brings the routine but no header for it. `uplo` says which triangle of `a` is
/// read and overwritten with the factor; `info` is 0, or the order of the minor that is not positive.
void sposv_(const char *uplo, const int *n, const int *nrhs, float *a, const int *lda, float *b,
            const int *ldb, int *info);
