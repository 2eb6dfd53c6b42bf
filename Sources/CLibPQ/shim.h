#include <libpq-fe.h>

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
