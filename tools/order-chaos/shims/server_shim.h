/* Shared by server_shim.c and shims.cpp: the layout of the file through which a test controls the shim. It starts as
   all zeros: nothing is shifted, full or synced. */
#pragma once

#define FSYNC_ROWS 1024

struct FsyncRow {
  unsigned long inode; /* 0: a free row, and so are all behind it */
  long safe;           /* bytes that are on disk */
};

struct ServerShim {
  long clock_offset_ns; /* of the wall clock */
  /* 0: no. As on a real disk, the first write to a full one (2) still has space for half of its bytes; later ones (1)
     fail with ENOSPC. */
  long disk_full;
  struct FsyncRow rows[FSYNC_ROWS];
};
