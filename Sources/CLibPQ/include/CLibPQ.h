#ifndef STOWAGE_CLIBPQ_H
#define STOWAGE_CLIBPQ_H

// libpq's own declarations. Debian keeps them in a folder of their own, others beside the system's headers.
#if __has_include(<libpq-fe.h>)
#include <libpq-fe.h>
#elif __has_include(<postgresql/libpq-fe.h>)
#include <postgresql/libpq-fe.h>
#else
#error "libpq-fe.h is missing: apt-get install libpq-dev, or name its folder with -Xcc -IFOLDER"
#endif

/// Loads the system's libpq, once. Where it has not been called, the first function of libpq does so, and ends the program
/// if it fails.
///
/// The library is not linked, since it brings some twenty others with it, which take longer to load than a small program
/// runs: a program that could use Postgres and does not should not pay for it, nor fail where libpq is not installed.
///
/// Answers why it cannot be loaded, in text that stays.
const char *stowage_libpq_load(void);

#ifdef __linux__
// What the adapter's event loop needs of Linux and Swift's Glibc module does not offer.
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static const uint32_t stowage_epollin = EPOLLIN;
static const uint32_t stowage_epollout = EPOLLOUT;
static const int stowage_epoll_cloexec = EPOLL_CLOEXEC;
static const int stowage_eventfd_flags = EFD_CLOEXEC | EFD_NONBLOCK;

#endif
#endif
