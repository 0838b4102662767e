import pidusage from 'pidusage';

/** Returns how many bytes of memory a process holds; 0 where it is gone. */
export async function residentBytes(pid: number): Promise<number> {
  try {
    return (await pidusage(pid)).memory;
  } catch {
    return 0;
  }
}
