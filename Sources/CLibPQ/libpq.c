// Each function of libpq that the adapter calls, under its own name: it goes on to the library that has been loaded. The
// compiler holds every one against libpq's declaration.

// Builds of the whole package without the trait Postgres need no libpq-dev.
#if __has_include(<libpq-fe.h>) || __has_include(<postgresql/libpq-fe.h>)

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

// Not seen by other libraries: libpq itself goes on calling its own. What else is linked into this program and calls
// libpq may come by here, and gets to the same library.
#pragma GCC visibility push(hidden)
#include "CLibPQ.h"

#define LIBPQ(F) \
    F(int, PQbackendPID, (const PGconn *c), (c)) \
    F(int, PQcancel, (PGcancel * c, char *text, int size), (c, text, size)) \
    F(void, PQclear, (PGresult * r), (r)) \
    F(char *, PQcmdStatus, (PGresult * r), (r)) \
    F(char *, PQcmdTuples, (PGresult * r), (r)) \
    F(PQconninfoOption *, PQconndefaults, (void), ()) \
    F(PostgresPollingStatusType, PQconnectPoll, (PGconn * c), (c)) \
    F(PGconn *, PQconnectStartParams, (const char *const *keys, const char *const *values, int expands), \
      (keys, values, expands)) \
    F(int, PQconnectionNeedsPassword, (const PGconn *c), (c)) \
    F(void, PQconninfoFree, (PQconninfoOption * o), (o)) \
    F(PQconninfoOption *, PQconninfoParse, (const char *text, char **problem), (text, problem)) \
    F(int, PQconsumeInput, (PGconn * c), (c)) \
    F(int, PQenterPipelineMode, (PGconn * c), (c)) \
    F(char *, PQerrorMessage, (const PGconn *c), (c)) \
    F(int, PQexitPipelineMode, (PGconn * c), (c)) \
    F(void, PQfinish, (PGconn * c), (c)) \
    F(int, PQflush, (PGconn * c), (c)) \
    F(char *, PQfname, (const PGresult *r, int column), (r, column)) \
    F(void, PQfreeCancel, (PGcancel * c), (c)) \
    F(void, PQfreemem, (void *memory), (memory)) \
    F(Oid, PQftype, (const PGresult *r, int column), (r, column)) \
    F(PGcancel *, PQgetCancel, (PGconn * c), (c)) \
    F(int, PQgetCopyData, (PGconn * c, char **row, int async), (c, row, async)) \
    F(PGresult *, PQgetResult, (PGconn * c), (c)) \
    F(int, PQgetisnull, (const PGresult *r, int row, int column), (r, row, column)) \
    F(int, PQgetlength, (const PGresult *r, int row, int column), (r, row, column)) \
    F(char *, PQgetvalue, (const PGresult *r, int row, int column), (r, row, column)) \
    F(char *, PQhost, (const PGconn *c), (c)) \
    F(char *, PQhostaddr, (const PGconn *c), (c)) \
    F(int, PQisBusy, (PGconn * c), (c)) \
    F(int, PQnfields, (const PGresult *r), (r)) \
    F(PGnotify *, PQnotifies, (PGconn * c), (c)) \
    F(int, PQntuples, (const PGresult *r), (r)) \
    F(PGpipelineStatus, PQpipelineStatus, (const PGconn *c), (c)) \
    F(int, PQpipelineSync, (PGconn * c), (c)) \
    F(char *, PQport, (const PGconn *c), (c)) \
    F(int, PQputCopyData, (PGconn * c, const char *bytes, int size), (c, bytes, size)) \
    F(int, PQputCopyEnd, (PGconn * c, const char *problem), (c, problem)) \
    F(char *, PQresultErrorField, (const PGresult *r, int code), (r, code)) \
    F(ExecStatusType, PQresultStatus, (const PGresult *r), (r)) \
    F(int, PQsendPrepare, (PGconn * c, const char *name, const char *sql, int count, const Oid *types), \
      (c, name, sql, count, types)) \
    F(int, PQsendQuery, (PGconn * c, const char *sql), (c, sql)) \
    F(int, PQsendQueryParams, \
      (PGconn * c, const char *sql, int count, const Oid *types, const char *const *values, const int *lengths, \
       const int *formats, int format), \
      (c, sql, count, types, values, lengths, formats, format)) \
    F(int, PQsendQueryPrepared, \
      (PGconn * c, const char *name, int count, const char *const *values, const int *lengths, const int *formats, \
       int format), \
      (c, name, count, values, lengths, formats, format)) \
    F(int, PQserverVersion, (const PGconn *c), (c)) \
    F(PGVerbosity, PQsetErrorVerbosity, (PGconn * c, PGVerbosity verbosity), (c, verbosity)) \
    F(PQnoticeReceiver, PQsetNoticeReceiver, (PGconn * c, PQnoticeReceiver receiver, void *context), \
      (c, receiver, context)) \
    F(int, PQsetSingleRowMode, (PGconn * c), (c)) \
    F(int, PQsetnonblocking, (PGconn * c, int value), (c, value)) \
    F(int, PQsocket, (const PGconn *c), (c)) \
    F(int, PQsslInUse, (PGconn * c), (c)) \
    F(ConnStatusType, PQstatus, (const PGconn *c), (c)) \
    F(PGTransactionStatusType, PQtransactionStatus, (const PGconn *c), (c))

#define NUMBER(type, name, parameters, arguments) number_##name,
#define NAME(type, name, parameters, arguments) #name,
#define FORWARD(type, name, parameters, arguments) \
    type name parameters { return ((__typeof__(name) *)function(number_##name))arguments; }

enum { LIBPQ(NUMBER) function_count };
static const char *const names[] = {LIBPQ(NAME)};
static void *functions[function_count];

static inline void *function(int number) {
    if (functions[number]) return functions[number];
    // Whom the adapter's own call of `stowage_libpq_load` does not speak for.
    const char *problem = stowage_libpq_load();
    if (!problem) return functions[number];
    fprintf(stderr, "%s: libpq cannot be loaded: %s\n", names[number], problem);
    abort();
}

LIBPQ(FORWARD)

static char problem[512];

static void load(void) {
#ifdef __APPLE__
    void *library = dlopen("libpq.5.dylib", RTLD_NOW | RTLD_LOCAL);
#else
    void *library = dlopen("libpq.so.5", RTLD_NOW | RTLD_LOCAL);
#endif
    if (!library) {
        const char *reason = dlerror();
        snprintf(problem, sizeof problem, "%s", reason ? reason : "libpq was not found");
        return;
    }
    for (int number = 0; number < function_count; number++) {
        functions[number] = dlsym(library, names[number]);
        if (!functions[number]) {
            snprintf(problem, sizeof problem, "it has no %s", names[number]);
            return;
        }
    }
}

const char *stowage_libpq_load(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, load);
    return problem[0] ? problem : NULL;
}

#endif
