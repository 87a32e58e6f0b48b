import type { PingSeen } from '../observation.ts'

/** So many different complaints are kept: a hostile router could send others for ever. */
const maxComplaints = 8

/** What a ping of iputils or busybox printed. */
export interface PingOutput extends PingSeen {
  readonly address?: string
}

/** Undefined when it sent nothing. */
export function readPing(text: string): PingOutput | undefined {
  const [, sent, received] = /^(\d+) packets transmitted, (\d+) (?:packets )?received/m.exec(text) ?? []
  if (sent === undefined) return undefined
  const replies = [...text.matchAll(/^\d+ bytes from .*?seq=\d+ (?:ttl|hlim)=(\d+)(?: time=([\d.]+) ms)?/gm)]
  const [, min, avg, max] = /^(?:rtt|round-trip) min\/avg\/max(?:\/mdev)? = ([\d.]+)\/([\d.]+)\/([\d.]+)/m.exec(text) ?? []
  const ttl = replies.at(-1)?.[1]
  const address = /^PING \S+? ?\((?:\S+ \()?([0-9a-f.:%\w]+)\)/m.exec(text)?.[1]
  return {
    sent: Number(sent),
    received: Number(received),
    ...(min !== undefined && { roundTrip: { min: Number(min), avg: Number(avg), max: Number(max) } }),
    ...(ttl !== undefined && { ttl: Number(ttl) }),
    ...(address !== undefined && { address }),
    complaints: complaintsIn(text),
  }
}

/** Of routers (`From 192.0.2.1 icmp_seq=1 Destination Host Unreachable`) and of the program itself (`ping: …`). */
export function complaintsIn(text: string): string[] {
  const all = text.split('\n').flatMap(line => {
    const [, router, said] = /^From (\S+?):? (?:icmp_)?seq=\d+ (.+)$/.exec(line) ?? []
    if (router !== undefined && said !== undefined) return [`${said.toLowerCase()}, says ${router}`]
    return /^ping6?: (.+)$/.exec(line)?.[1] ?? []
  })
  return [...new Set(all.map(line => line.replace(/[^\x20-\x7e]/g, '?').slice(0, 200)))].slice(0, maxComplaints)
}
