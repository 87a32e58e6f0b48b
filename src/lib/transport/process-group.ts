/** Sends a signal to a process that leads its own group, and to everything that it started there. */
export function killGroup(pid: number | undefined, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return
  try {
    process.kill(-pid, signal)
  } catch {
    // The group is gone, or belongs to another user by now (sudo): nothing to end here.
  }
}
