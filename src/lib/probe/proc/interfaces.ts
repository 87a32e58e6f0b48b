/** What an interface has done since the start of the host. */
export interface Traffic {
  readonly receivedBytes: number
  readonly receivedPackets: number
  readonly receiveErrors: number
  readonly receiveDrops: number
  readonly sentBytes: number
  readonly sentPackets: number
  readonly sendErrors: number
  readonly sendDrops: number
}

/** The lines of /proc/net/dev (proc(5)), by the name of the interface. */
export function interfaces(text: string): ReadonlyMap<string, Traffic> {
  const lines = text.matchAll(/^\s*([^\s|]+):\s*((?:\d+\s*){16,})$/gm)
  return new Map([...lines].map(([, name = '', figures = '']) => [name, trafficOf(figures.trim().split(/\s+/).map(Number))]))
}

const trafficOf = (figures: readonly number[]): Traffic => {
  const at = (index: number): number => figures[index] ?? 0
  return {
    ...{ receivedBytes: at(0), receivedPackets: at(1), receiveErrors: at(2), receiveDrops: at(3) },
    ...{ sentBytes: at(8), sentPackets: at(9), sendErrors: at(10), sendDrops: at(11) },
  }
}

const fields = [
  ...(['receivedBytes', 'receivedPackets', 'receiveErrors', 'receiveDrops'] as const),
  ...(['sentBytes', 'sentPackets', 'sendErrors', 'sendDrops'] as const),
]

const combine = (pairs: (field: (typeof fields)[number]) => number): Traffic => {
  const entries = fields.map(field => [field, pairs(field)])
  return Object.fromEntries(entries) as Traffic
}

/** What was done between two moments; a counter that began anew counts from there. */
export const trafficBetween = (before: Traffic, after: Traffic): Traffic =>
  combine(field => (after[field] < before[field] ? after[field] : after[field] - before[field]))

export const trafficOfAll = (all: readonly Traffic[]): Traffic =>
  combine(field => all.reduce((sum, traffic) => sum + traffic[field], 0))
