import { statfs } from 'node:fs/promises';

export interface DiskSpace {
  /** Bytes an unprivileged process may still write; 0 also where the file system does not tell. */
  free_bytes: number;
  /** 0 where the file system does not tell. */
  total_bytes: number;
}

/** Of a file system that cannot say how much room it has, such as some of FUSE: then nobody is kept from trying. */
export const UNKNOWN_SPACE: DiskSpace = { free_bytes: 0, total_bytes: 0 };

/** Room on the file system that holds a folder. */
export async function diskSpace(folder: string): Promise<DiskSpace> {
  try {
    const { bavail, blocks, bsize } = await statfs(folder);
    return { free_bytes: bavail * bsize, total_bytes: blocks * bsize };
  } catch (error) {
    if (['ENOSYS', 'EOPNOTSUPP', 'ENOTSUP'].includes(String((error as NodeJS.ErrnoException).code)))
      return UNKNOWN_SPACE;
    throw error;
  }
}

/** Whether there is as much room, as far as the file system tells. */
export const hasRoom = ({ free_bytes, total_bytes }: DiskSpace, needed: number): boolean =>
  total_bytes === 0 || free_bytes >= needed;
