"""The numbers of the system calls that may be made behind the wall, as Linux's headers have them.

x86-64: asm/unistd_64.h, arm64: asm-generic/unistd.h (a test compares both with linux-libc-dev's).
A call that is not here is answered as one that this kernel does not have: so a C library falls back
to an older one, and what kernels will learn later is shut until somebody has thought about it.
"""

from __future__ import annotations

# Name, number on x86-64, number on arm64 ("-": it has none).
_WHOLLY = """
read 0 63, write 1 64, readv 19 65, writev 20 66, pread64 17 67, pwrite64 18 68, preadv 295 69
pwritev 296 70, preadv2 327 286, pwritev2 328 287, lseek 8 62, close 3 57, close_range 436 436
dup 32 23, dup2 33 -, dup3 292 24, pipe 22 -, pipe2 293 59, access 21 -, faccessat 269 48
faccessat2 439 439, stat 4 -, fstat 5 80, lstat 6 -, newfstatat 262 79, statx 332 291
readlink 89 -, readlinkat 267 78, getdents64 217 61, getcwd 79 17, chdir 80 49, fchdir 81 50
umask 95 166, statfs 137 43, fstatfs 138 44, mkdir 83 -, mkdirat 258 34, unlink 87 -
unlinkat 263 35, rmdir 84 -, rename 82 -, renameat 264 38, renameat2 316 276, ftruncate 77 46
fallocate 285 47, fsync 74 82, fdatasync 75 83, fadvise64 221 223, readahead 187 213
flock 73 32, copy_file_range 326 285, sendfile 40 71, munmap 11 215, mremap 25 216
mprotect 10 226, brk 12 214, msync 26 227, membarrier 324 283, futex 202 98
futex_waitv 449 449, set_robust_list 273 99, rseq 334 293, set_tid_address 218 96, exit 60 93
exit_group 231 94, rt_sigaction 13 134, rt_sigprocmask 14 135, rt_sigreturn 15 139
rt_sigpending 127 136, rt_sigsuspend 130 133, rt_sigtimedwait 128 137, sigaltstack 131 132
restart_syscall 219 128, pause 34 -, arch_prctl 158 -, poll 7 -, ppoll 271 73, select 23 -
pselect6 270 72, epoll_create1 291 20, epoll_ctl 233 21, epoll_wait 232 -, epoll_pwait 281 22
eventfd2 290 19, clock_gettime 228 113, clock_getres 229 114, clock_nanosleep 230 115
nanosleep 35 101, gettimeofday 96 169, time 201 -, times 100 153, getpid 39 172, gettid 186 178
getppid 110 173, getuid 102 174, geteuid 107 175, getgid 104 176, getegid 108 177
getresuid 118 148, getresgid 120 150, getpgrp 111 -, uname 63 160, sysinfo 99 179
getcpu 309 168, sched_yield 24 124, sched_getaffinity 204 123, sched_getparam 143 121
sched_getscheduler 145 120, getrlimit 97 163, getrusage 98 165, getpriority 140 141
getrandom 318 278, capget 125 90
"""  # whatever their arguments
_PARTLY = """
chmod 90 -, fchmod 91 52, fchmodat 268 53, open 2 -, openat 257 56, clone 56 220
clone3 435 435, fcntl 72 25, ioctl 16 29, madvise 28 233
mmap 9 222, prctl 157 167, prlimit64 302 261, tgkill 234 131
"""  # by their arguments; `seccomp` has the rules


def _numbers(table: str, column: int) -> dict[str, int]:
    rows = (row.split() for row in table.replace("\n", ",").split(",") if row.strip())
    return {row[0]: int(row[column]) for row in rows if row[column] != "-"}


WHOLLY = {
    "x86_64": _numbers(_WHOLLY, 1),
    "aarch64": _numbers(_WHOLLY, 2),
}
"""By machine: the calls that may be made with any arguments, and their numbers."""
PARTLY = {
    "x86_64": _numbers(_PARTLY, 1),
    "aarch64": _numbers(_PARTLY, 2),
}
"""By machine: the calls that may be made with some arguments, and their numbers."""
