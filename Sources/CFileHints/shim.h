// Linux has it, but its header shows it only to programs that ask for all of GNU, as Swift's modules do not.

#if defined(__linux__)
int sync_file_range(int fd, __INT64_TYPE__ offset, __INT64_TYPE__ count, unsigned int flags);

/// Lets the disk begin with a range of a file that was written. A hint: it promises nothing about what is durable.
static inline void stowage_begin_writeback(int fd, long long offset, long long count) {
    sync_file_range(fd, offset, count, 2 /* SYNC_FILE_RANGE_WRITE */);
}
#else
static inline void stowage_begin_writeback(int fd, long long offset, long long count) {}
#endif
