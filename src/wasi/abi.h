/* abi.h: the numbers of WASI preview 1 that are neither calls (calls.def) nor errors (errno.def).
 * Layouts of what stands in the guest's memory are given beside the code that writes it. */
#ifndef STINT_WASI_ABI_H
#define STINT_WASI_ABI_H

#include "base/base.h"

enum {
    WASI_SUCCESS = 0,
#define WASI_ERRNO(name, number, host) WASI_E##name = number,
#include "wasi/errno.def"
};

enum { WASI_CLOCK_REALTIME, WASI_CLOCK_MONOTONIC, WASI_CLOCK_PROCESS_CPU, WASI_CLOCK_THREAD_CPU };

enum {
    WASI_FILETYPE_UNKNOWN,
    WASI_FILETYPE_BLOCK_DEVICE,
    WASI_FILETYPE_CHARACTER_DEVICE,
    WASI_FILETYPE_DIRECTORY,
    WASI_FILETYPE_REGULAR_FILE,
    WASI_FILETYPE_SOCKET_DGRAM,
    WASI_FILETYPE_SOCKET_STREAM,
    WASI_FILETYPE_SYMBOLIC_LINK,
};

/* What a descriptor may be used for. The order is the bit number. */
#define WASI_RIGHTS(R)                                                                      \
    R(FD_DATASYNC) R(FD_READ) R(FD_SEEK) R(FD_FDSTAT_SET_FLAGS) R(FD_SYNC) R(FD_TELL)       \
    R(FD_WRITE) R(FD_ADVISE) R(FD_ALLOCATE) R(PATH_CREATE_DIRECTORY) R(PATH_CREATE_FILE)    \
    R(PATH_LINK_SOURCE) R(PATH_LINK_TARGET) R(PATH_OPEN) R(FD_READDIR) R(PATH_READLINK)     \
    R(PATH_RENAME_SOURCE) R(PATH_RENAME_TARGET) R(PATH_FILESTAT_GET)                        \
    R(PATH_FILESTAT_SET_SIZE) R(PATH_FILESTAT_SET_TIMES) R(FD_FILESTAT_GET)                 \
    R(FD_FILESTAT_SET_SIZE) R(FD_FILESTAT_SET_TIMES) R(PATH_SYMLINK)                        \
    R(PATH_REMOVE_DIRECTORY) R(PATH_UNLINK_FILE) R(POLL_FD_READWRITE) R(SOCK_SHUTDOWN)      \
    R(SOCK_ACCEPT)

enum {
#define BIT_NUMBER(name) WASI_RIGHT_BIT_##name,
    WASI_RIGHTS(BIT_NUMBER)
#undef BIT_NUMBER
    WASI_RIGHT_COUNT
};
#define WASI_RIGHT(name) (1u << WASI_RIGHT_BIT_##name)
#define WASI_RIGHTS_ALL ((1u << WASI_RIGHT_COUNT) - 1)

enum {
    WASI_FDFLAG_APPEND = 1,
    WASI_FDFLAG_DSYNC = 2,
    WASI_FDFLAG_NONBLOCK = 4,
    WASI_FDFLAG_RSYNC = 8,
    WASI_FDFLAG_SYNC = 16,
    WASI_FDFLAGS_ALL = 31,

    WASI_OFLAG_CREAT = 1,
    WASI_OFLAG_DIRECTORY = 2,
    WASI_OFLAG_EXCL = 4,
    WASI_OFLAG_TRUNC = 8,
    WASI_OFLAGS_ALL = 15,

    WASI_LOOKUP_FOLLOW = 1,

    WASI_FST_ATIME = 1,
    WASI_FST_ATIME_NOW = 2,
    WASI_FST_MTIME = 4,
    WASI_FST_MTIME_NOW = 8,
    WASI_FST_ALL = 15,

    WASI_WHENCE_SET = 0,
    WASI_WHENCE_CUR = 1,
    WASI_WHENCE_END = 2,

    WASI_EVENT_CLOCK = 0,
    WASI_EVENT_READ = 1,
    WASI_EVENT_WRITE = 2,
    WASI_EVENT_HANGUP = 1,
    WASI_CLOCK_ABSTIME = 1,

    WASI_RECV_PEEK = 1,
    WASI_RECV_WAITALL = 2,
    WASI_RECV_TRUNCATED = 1,
    WASI_SHUT_RD = 1,
    WASI_SHUT_WR = 2,

    WASI_SIGNAL_MAX = 30,
    WASI_ADVICE_MAX = 5,
    WASI_EXIT_STATUS_MAX = 125,
    WASI_PREOPEN_DIR = 0,
    WASI_PREOPEN_OTHER = 1, /* ours: what stands before the directories but is none */
};

#endif
