import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { TestAuthority } from '../../test/helpers/certificates.ts'
import { freePort } from '../../test/helpers/free-port.ts'
import { findProgram } from '../../test/helpers/needs.ts'
import { poll } from '../../test/helpers/poll.ts'
import { tcpTo } from '../../test/helpers/tls-server.ts'

/** How a target is spoken to. */
export const speeches = ['HTTP', 'TLS, RSA-2048', 'TLS, EC P-256'] as const
export type Speech = (typeof speeches)[number]

/** Of the certificates, whatever address is connected to. */
export const serverName = 'shop.test'

export interface ProbeServers extends AsyncDisposable {
  readonly directory: string
  /** PEM file. */
  readonly authority: string
  readonly ports: Readonly<Record<Speech, number>>
  urls(speech: Speech, count: number): readonly string[]
}

/** One nginx that stands for many web servers: every address of 127.0.0.0/8 answers on its ports. */
export async function startProbeServers(): Promise<ProbeServers> {
  const directory = await mkdtemp(join(tmpdir(), 'opsctl-bench-'))
  const authority = await TestAuthority.root(directory, { name: 'bench-authority', key: 'ec:P-256' })
  const issue = (name: string, key: string) => authority.issue({ name, key, names: [`DNS:${serverName}`] })
  const [rsa, ec] = [await issue('rsa', 'rsa:2048'), await issue('ec', 'ec:P-256')]
  const ports = { HTTP: await freePort(), 'TLS, RSA-2048': await freePort(), 'TLS, EC P-256': await freePort() }
  const secure = ({ cert, key }: typeof rsa): string => `ssl_certificate ${cert}; ssl_certificate_key ${key};`
  const config = `
    daemon off; worker_processes 1; pid ${directory}/nginx.pid; error_log ${directory}/nginx.log;
    events { worker_connections 4096; }
    http {
      access_log off; keepalive_requests 1000000; keepalive_timeout 600s; ssl_session_cache off; ssl_session_tickets off;
      ${['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(kind => `${kind}_temp_path ${directory};`).join(' ')}
      server { listen 0.0.0.0:${ports.HTTP} backlog=1024; return 200 "ok\\n"; }
      server { listen 0.0.0.0:${ports['TLS, RSA-2048']} ssl backlog=1024; ${secure(rsa)} return 200 "ok\\n"; }
      server { listen 0.0.0.0:${ports['TLS, EC P-256']} ssl backlog=1024; ${secure(ec)} return 200 "ok\\n"; }
    }`
  await writeFile(join(directory, 'nginx.conf'), config)
  const nginx = Bun.spawn([findProgram('nginx') ?? 'nginx', '-p', directory, '-c', join(directory, 'nginx.conf')])
  await Promise.all(Object.values(ports).map(port => poll('nginx listens', 20_000, () => listens(port))))
  return {
    directory,
    authority: authority.cert,
    ports,
    urls: (speech, count) =>
      addresses(count).map(address => `${speech === 'HTTP' ? 'http' : 'https'}://${address}:${ports[speech]}/`),
    async [Symbol.asyncDispose]() {
      nginx.kill()
      await nginx.exited
      await rm(directory, { recursive: true })
    },
  }
}

/** 127.0.1.1, 127.0.1.2 … */
const addresses = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `127.0.${1 + Math.floor(index / 250)}.${1 + (index % 250)}`)

const listens = (port: number): Promise<boolean> =>
  tcpTo(port).then(
    socket => {
      socket.destroy()
      return true
    },
    () => false,
  )
