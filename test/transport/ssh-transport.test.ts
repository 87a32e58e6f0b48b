import { test } from 'bun:test'
import { hostNamed } from '../../src/lib/core/host.ts'
import { startFleet } from '../helpers/fleet.ts'
import { needs } from '../helpers/needs.ts'
import { transportContract } from './contract.ts'
import { fleetPool } from './fleet-pool.ts'

const ready = needs('sshd', 'ssh-keygen')
const signal = new AbortController().signal

if (ready) {
  transportContract('a host over SSH', async () => {
    const fleet = await startFleet()
    const pool = fleetPool(fleet)
    const transport = await pool.connect(hostNamed('127.0.1.1'), { signal })
    return {
      transport,
      directory: fleet.user.home,
      async [Symbol.asyncDispose]() {
        await pool[Symbol.asyncDispose]()
        await fleet.stop()
      },
    }
  })
} else test.skip('a host over SSH')
