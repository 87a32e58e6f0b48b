/** A place among the TLS handshakes that may be in flight at once: the semaphore of the run, given from above. */
export interface HandshakeSlots {
  /** Rejects with the signal's reason when it aborts first. */
  acquire(weight: number, signal: AbortSignal): Promise<Disposable>
}
