import { afterAll, beforeAll, describe, expect, test } from 'bun:test'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { StepPlace } from '../../../src/lib/core/plan.ts'
import { addWayBack, armLease, fenced, leaseRefusal, releaseLease, renewLease } from '../../../src/lib/plan/lease/index.ts'
import { counted } from '../../helpers/counts.ts'
import { needs } from '../../helpers/needs.ts'
import { poll } from '../../helpers/poll.ts'
import { type TempDir, tempDir } from '../../helpers/temp-dir.ts'
import { stepPlace, toolboxHost } from '../step-host.ts'
import { guardOf, hasFired, leaseToolboxes, lone, trace } from './lease-host.ts'

const rounds = counted({ reduced: 12, full: 300 })

/** On a machine that is busy one side may win all of them: then more are run, with more time each, until the other has won one. */
const goesOn = (round: number, won: Readonly<Record<string, number>>): boolean =>
  round < rounds || (round < rounds + 40 && Math.min(...Object.values(won)) === 0)
/** Of the lease, when the race begins. */
const leftMs = (round: number): number => 50 + 10 * Math.max(0, round - rounds)

/** A guard of so short a lease looks ten times a second, so the end is somewhere in the tenth after that. */
const ttlMs = 2000

for (const toolbox of leaseToolboxes) {
  describe.skipIf(!needs(...toolbox.needs))(`the end of a lease, by ${toolbox.name}`, () => {
    let scratch: TempDir
    let place: StepPlace
    beforeAll(async () => {
      scratch = await tempDir()
      place = stepPlace(await toolboxHost(toolbox.tools, scratch.path))
    })
    afterAll(() => scratch[Symbol.asyncDispose]())

    /** A lease that ends about `afterMs` from now; its way back appends to the file. */
    async function ending(file: string, afterMs: number) {
      const lease = await armLease(place, { id: 'race', ttlMs })
      await addWayBack(place, lease, { order: 1, commands: [lone(`echo undone >>${file}`)], ttlMs })
      await renewLease(place, lease, afterMs)
      return { lease, guard: guardOf(lease) }
    }

    test('is decided once: released and everything stands, or over and all is taken back', async () => {
      const ends = { released: 0, over: 0 }
      for (let round = 0; goesOn(round, ends); round++) {
        const file = join(scratch.path, `release-${round}`)
        const { lease, guard } = await ending(file, leftMs(round))
        await Bun.sleep((round * 37) % 150)
        const end = await releaseLease(place, lease, { waitMs: 30_000 })
        await poll('the guard ends', 20_000, () => !guard.isAlive())
        const undone = await readFile(file, 'utf8').catch(() => '')
        const told = end.is === 'over' ? end.wayBack.map(({ outcome }) => outcome) : end.is
        expect({ told, undone }).toEqual(
          end.is === 'over' ? { told: ['done'], undone: 'undone\n' } : { told: 'released', undone: '' },
        )
        await poll('nothing is left of it', 20_000, () => !existsSync(lease.directory))
        if (end.is !== 'gone') ends[end.is]++
      }
      expect(Math.min(ends.released, ends.over)).toBeGreaterThan(0)
    }, 600_000)

    test('and a fenced command: it ran to its end before the way back, or not at all', async () => {
      const seen = { ran: 0, refused: 0 }
      for (let round = 0; goesOn(round, seen); round++) {
        const file = join(scratch.path, `fence-${round}`)
        const { lease } = await ending(file, leftMs(round))
        await Bun.sleep((round * 37) % 150)
        const line = `echo begun >>${file}; sleep 0.0${round % 10}; echo done >>${file}`
        const output = await place.run(fenced({ argv: ['sh', '-c', line] }, lease))
        const refused = leaseRefusal(output, lease)
        await hasFired(lease)
        const did = await readFile(file, 'utf8')
        expect({ refused, code: output.code, did, trace: trace(lease) }).toMatchObject(
          refused ? { refused: 'over', code: 75, did: 'undone\n' } : { code: 0, did: 'begun\ndone\nundone\n' },
        )
        seen[refused ? 'refused' : 'ran']++
        await releaseLease(place, lease, { waitMs: 0 })
      }
      expect(Math.min(seen.ran, seen.refused)).toBeGreaterThan(0)
    }, 600_000)

    test('that overtakes a way back on its way to the disk is told, and no trouble of it', async () => {
      // Its `sync` waits until the guard is done, whose last work is to clear away what this one is about to move into place.
      const tools = await tempDir()
      const slow = stepPlace(
        await toolboxHost(
          toolbox.tools.filter(([tool]) => tool !== 'sync'),
          tools.path,
        ),
      )
      await writeFile(
        join(tools.path, 'bin/sync'),
        '#!/bin/sh\nlease=${1%/parts/*}\nwhile [ -e "$lease/held" ] || [ -e "$lease/fired" ]; do sleep 0.1; done\n',
        { mode: 0o755 },
      )
      const file = join(scratch.path, 'overtaken')
      const { lease } = await ending(file, 50)
      expect(await addWayBack(slow, lease, { order: 2, commands: [lone(`echo late >>${file}`)], ttlMs })).toBe('over')
      expect(await readFile(file, 'utf8')).toBe('undone\n')
      await releaseLease(place, lease, { waitMs: 0 })
      await tools[Symbol.asyncDispose]()
    }, 60_000)

    test('and a way back that arrives late: it is told held and run, or told over', async () => {
      for (let round = 0; round < rounds; round++) {
        const file = join(scratch.path, `late-${round}`)
        const { lease } = await ending(file, 50)
        await Bun.sleep((round * 37) % 150)
        const told = await addWayBack(place, lease, { order: 2, commands: [lone(`echo late >>${file}`)], ttlMs: 10 })
        await hasFired(lease)
        const did = await readFile(file, 'utf8')
        // One that comes between the end and the way back may be run although it was told over: it is harmless where nothing was done.
        expect([told, did]).toEqual([told, told === 'held' || did.startsWith('late') ? 'late\nundone\n' : 'undone\n'])
        await releaseLease(place, lease, { waitMs: 0 })
      }
    }, 600_000)
  })
}
