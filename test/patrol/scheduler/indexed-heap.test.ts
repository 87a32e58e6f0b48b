import { expect, test } from 'bun:test'
import fc from 'fast-check'
import { IndexedHeap } from '../../../src/lib/patrol/scheduler/indexed-heap.ts'

test('a heap gives the lowest first, whatever was put in and taken out of its middle', () => {
  const deed = fc.oneof(
    { weight: 3, arbitrary: fc.record({ push: fc.nat(1000) }) },
    fc.record({ remove: fc.nat(100) }),
    fc.constant({ pop: true } as const),
  )
  fc.assert(
    fc.property(fc.array(deed, { minLength: 100, maxLength: 200 }), deeds => {
      const heap = new IndexedHeap<{ place: number; rank: number }>(({ rank }) => rank)
      let inside: { place: number; rank: number }[] = []
      for (const deed of deeds) {
        if ('push' in deed) {
          const item = { place: -1, rank: deed.push }
          heap.push(item)
          inside.push(item)
        } else {
          const out = 'pop' in deed ? heap.pop() : inside[deed.remove % Math.max(1, inside.length)]
          if ('remove' in deed && out) heap.remove(out)
          expect(out?.place).toBe(out && -1)
          if ('pop' in deed && out) expect(out.rank).toBe(Math.min(...inside.map(({ rank }) => rank)))
          inside = inside.filter(item => item !== out)
        }
        expect(heap.size).toBe(inside.length)
        expect(new Set(heap).symmetricDifference(new Set(inside)).size).toBe(0)
        expect(heap.first?.rank).toBe(inside.length === 0 ? undefined : Math.min(...inside.map(({ rank }) => rank)))
      }
    }),
  )
})
