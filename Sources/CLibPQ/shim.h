#include <libpq-fe.h>

#ifdef __linux__
// What the adapter's event loop needs of Linux and Swift's Glibc module does not offer.
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

static const uint32_t stowage_epollin = EPOLLIN;
static const uint32_t stowage_epollout = EPOLLOUT;
// Declared by the header only to programs that ask for all of GNU.
int ppoll(struct pollfd *, nfds_t, const struct timespec *, const sigset_t *);

/// Waits for an event, for less than a millisecond, which `epoll_wait` cannot.
static inline void stowage_epoll_nap(int epoll, long nanoseconds) {
    struct pollfd ready = {.fd = epoll, .events = POLLIN};
    struct timespec time = {.tv_sec = 0, .tv_nsec = nanoseconds};
    ppoll(&ready, 1, &time, (const sigset_t *)0);
}

static const int stowage_epoll_cloexec = EPOLL_CLOEXEC;
static const int stowage_eventfd_flags = EFD_CLOEXEC | EFD_NONBLOCK;

#endif
