/** Why a figure may miss what it is to reach. Printed only where it does. */
export const WHY = {
  P12: 'The whole database is printed as JSON by the server and compared with what the base holds; only what differs is written, but all of it is read.',
  P1: 'Documents are plain JSON that anybody can read, and are compressed only when they are archived, so the full one of each day takes up all its bytes. And every differential of a day holds all that changed since that full one, so that a restore needs two files at most: it grows from tick to tick until midnight.',
  'P2 wall':
    'The time is that of a request: authentication, a job that is recorded before and after, an fsync for each step that makes the snapshot and its manifest last, and a process that does the work.',
  'P2 CPU':
    'Each capture has a process of its own; starting the next one ahead of need takes most of the processor time of a quiet tick, though nobody waits for it.',
  'P2 bytes':
    'The manifest of each snapshot holds the whole schema and the digests of all tables, so that it can be read without any other file; with 20 tables that is nearly all of it. The catalog is a SQLite database and logs whole pages: the job when it is recorded, begins and ends, the snapshot, and their indexes.',
  P3: 'Every table is read, printed as JSON and hashed, however little changed.',
  P4: 'The dump neither makes checksums, nor waits for the disk, nor reads anything back; each of them is a pass over all bytes, and Node itself takes its time to start.',
  P5: 'The engine host prints and hashes on two threads, at a lower priority; where client, server and these threads have two cores between them, they meet.',
  P6: 'What is read or written is bounded, but the memory that V8 leaves uncollected meanwhile depends on how busy the machine is.',
  'P7 load':
    'Loading a dump checks nothing and keeps nothing. A restore verifies the snapshot, keeps the present state as a safety snapshot, reads every table again and compares digests.',
  'P7 newest': 'The newest is a differential, for which the base is read as well as what changed since.',
  'P7 archived':
    'What lies in an archive is inflated each time it is read: to be verified, and to be restored; the base too.',
  P13: 'Every manifest is read, proven by its checksum and written into the catalog; on a machine that does other work all of it takes longer.',
  P8: 'A page comes with the number of all snapshots, which are counted for it, and the files of the folder are looked at when the program starts.',
  D: 'Among it: the password, which is hashed slowly on purpose, and a page that this browser profile loads for the first time.',
  'P9 bytes':
    'Every differential of a day holds all that changed since the full one, and each entry of a ZIP is compressed by itself: what they have in common is stored again for each.',
  'P9 time':
    'Every document is read and hashed before it is archived, and every entry inflated and hashed again before a regular file is removed.',
  P10: 'The request reconciles the catalog with the folder before anything is deleted.',
  'P11 first byte':
    'The catalog is asked, the directory of the archive is read to find the manifests, and a process is started for the request, at a lower priority.',
  'P11 host': 'The rows are inflated, put together, proven and sent in pieces; what V8 has not collected yet is in it.',
  'P11 growth':
    'The program passes the bytes on from its child process to the client. Each piece is a buffer of 64 kB, and V8 lets some dozens of megabytes of them pile up before it collects them; the growth does not depend on the size of the snapshot.',
};

/** What we lose at, by design. Always printed. */
export const LOSSES = {
  full: 'A full snapshot is plain JSON, so that it can be read with `cat` and `jq` alone; it is compressed when its day is archived, not before.',
  firstOfDay:
    'The first snapshot of each UTC day is a full one, whatever changed: everything is written and read again. It is what keeps a restore at two files.',
  bulk: 'Where more than a third would be different, a full snapshot is made, after the attempt at a differential was given up. What the others store is compressed, and restic finds parts of the rows again.',
  tiny: 'Every tick has its process, its fsyncs and its manifest with the whole schema; a shell pipe over a few rows has none of these. Below 250 kB each snapshot is a full one.',
};
