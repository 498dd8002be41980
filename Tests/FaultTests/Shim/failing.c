/* Loaded before the program's libraries, it makes the N-th call of a kind fail: FAIL_KIND is

     lost    a call of libpq whose connection is cut just before it
     refused a call of libpq that fails by itself, as for want of memory
     file    write, fsync or rename, for want of room
     memory  malloc, calloc, realloc or an aligned one

   and FAIL_AT is N, from 1; 0 fails none. FAIL_COUNT names a file that is given the number of calls. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

typedef struct pg_conn PGconn;
typedef struct pg_result PGresult;
typedef struct pg_cancel PGcancel;
typedef unsigned int Oid;

enum kind { NONE, LOST, REFUSED, FILES, MEMORY };
static enum kind kind;
static long at, count;
static int ready;

static void prepare(void) {
  const char *name = getenv("FAIL_KIND"), *number = getenv("FAIL_AT");
  kind = !name ? NONE : !strcmp(name, "lost") ? LOST : !strcmp(name, "refused") ? REFUSED
    : !strcmp(name, "file") ? FILES : !strcmp(name, "memory") ? MEMORY : NONE;
  at = number ? atol(number) : 0;
  ready = 1;
}

static int is_turn(void) { return __atomic_add_fetch(&count, 1, __ATOMIC_RELAXED) == at; }

static int fails(enum kind of) {
  if (!ready) prepare();
  return kind == of && is_turn();
}

__attribute__((destructor)) static void tell(void) {
  const char *path = getenv("FAIL_COUNT");
  char text[32];
  long seen = count;
  kind = NONE;
  if (!path) return;
  int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (file < 0) return;
  int length = snprintf(text, sizeof text, "%ld\n", seen);
  if (write(file, text, length) != length) unlink(path);
  close(file);
}

#define REAL(type, name, ...) \
  static type (*real)(__VA_ARGS__); \
  if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void cut(PGconn *connection) {
  REAL(int, "PQsocket", const PGconn *);
  int socket = connection ? real(connection) : -1;
  if (socket >= 0) shutdown(socket, SHUT_RDWR);
}

/* Cuts the connection, or answers in the call's stead. */
#define FAULT(connection, answer) \
  if (fails(LOST)) cut(connection); \
  if (fails(REFUSED)) return answer

PGresult *PQexec(PGconn *c, const char *q) {
  REAL(PGresult *, "PQexec", PGconn *, const char *);
  FAULT(c, NULL);
  return real(c, q);
}

PGresult *PQexecParams(PGconn *c, const char *q, int n, const Oid *t, const char *const *v,
                       const int *l, const int *f, int r) {
  REAL(PGresult *, "PQexecParams", PGconn *, const char *, int, const Oid *, const char *const *,
       const int *, const int *, int);
  FAULT(c, NULL);
  return real(c, q, n, t, v, l, f, r);
}

PGresult *PQprepare(PGconn *c, const char *s, const char *q, int n, const Oid *t) {
  REAL(PGresult *, "PQprepare", PGconn *, const char *, const char *, int, const Oid *);
  FAULT(c, NULL);
  return real(c, s, q, n, t);
}

PGresult *PQdescribePrepared(PGconn *c, const char *s) {
  REAL(PGresult *, "PQdescribePrepared", PGconn *, const char *);
  FAULT(c, NULL);
  return real(c, s);
}

PGresult *PQgetResult(PGconn *c) {
  REAL(PGresult *, "PQgetResult", PGconn *);
  /* NULL says that there are no more; it is no failure. */
  if (fails(LOST)) cut(c);
  return real(c);
}

int PQputCopyData(PGconn *c, const char *b, int n) {
  REAL(int, "PQputCopyData", PGconn *, const char *, int);
  FAULT(c, -1);
  return real(c, b, n);
}

int PQputCopyEnd(PGconn *c, const char *e) {
  REAL(int, "PQputCopyEnd", PGconn *, const char *);
  FAULT(c, -1);
  return real(c, e);
}

int PQgetCopyData(PGconn *c, char **b, int a) {
  REAL(int, "PQgetCopyData", PGconn *, char **, int);
  FAULT(c, -2);
  return real(c, b, a);
}

int PQconsumeInput(PGconn *c) {
  REAL(int, "PQconsumeInput", PGconn *);
  FAULT(c, 0);
  return real(c);
}

PGconn *PQconnectStartParams(const char *const *k, const char *const *v, int e) {
  REAL(PGconn *, "PQconnectStartParams", const char *const *, const char *const *, int);
  if (fails(REFUSED)) return NULL;
  PGconn *c = real(k, v, e);
  if (fails(LOST)) cut(c);
  return c;
}

void PQreset(PGconn *c) {
  REAL(void, "PQreset", PGconn *);
  real(c);
  if (fails(LOST)) cut(c);
}

PGcancel *PQgetCancel(PGconn *c) {
  REAL(PGcancel *, "PQgetCancel", PGconn *);
  FAULT(c, NULL);
  return real(c);
}

char *PQescapeLiteral(PGconn *c, const char *s, size_t n) {
  REAL(char *, "PQescapeLiteral", PGconn *, const char *, size_t);
  FAULT(c, NULL);
  return real(c, s, n);
}

char *PQescapeIdentifier(PGconn *c, const char *s, size_t n) {
  REAL(char *, "PQescapeIdentifier", PGconn *, const char *, size_t);
  FAULT(c, NULL);
  return real(c, s, n);
}

ssize_t write(int file, const void *bytes, size_t n) {
  REAL(ssize_t, "write", int, const void *, size_t);
  if (fails(FILES)) { errno = ENOSPC; return -1; }
  return real(file, bytes, n);
}

int fsync(int file) {
  REAL(int, "fsync", int);
  if (fails(FILES)) { errno = EIO; return -1; }
  return real(file);
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  if (fails(FILES)) { errno = ENOSPC; return -1; }
  return real(from, to);
}

/* dlsym itself takes memory: these are glibc's own names. */
extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

static int is_short(void) {
  if (!ready || kind != MEMORY || !is_turn()) return 0;
  errno = ENOMEM;
  return 1;
}

__attribute__((constructor)) static void begin(void) { prepare(); }

void *malloc(size_t n) { return is_short() ? NULL : __libc_malloc(n); }
void *calloc(size_t n, size_t m) { return is_short() ? NULL : __libc_calloc(n, m); }
void *realloc(void *p, size_t n) { return is_short() ? NULL : __libc_realloc(p, n); }
void *aligned_alloc(size_t a, size_t n) { return is_short() ? NULL : __libc_memalign(a, n); }
int posix_memalign(void **p, size_t a, size_t n) {
  if (is_short()) return ENOMEM;
  *p = __libc_memalign(a, n);
  return *p ? 0 : ENOMEM;
}
