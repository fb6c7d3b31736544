/* Shared by fsync_recorder.c and order-chaos/shims.cpp: the layout of a file that starts as all zeros. */
#pragma once

#define FSYNC_ROWS 1024

struct FsyncRow {
  unsigned long inode; /* 0: a free row, and so are all behind it */
  long safe;           /* bytes that are on disk */
};

struct FsyncTable {
  struct FsyncRow rows[FSYNC_ROWS];
};
