import { existsSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Issued {
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
}

export interface Issue {
  /** Common name; also the name of its files. */
  readonly name: string
  /** Subject alternative names as openssl writes them: `DNS:shop.test`, `IP:127.0.0.1`. */
  readonly names?: readonly string[]
  /** `rsa:2048`, `ec:P-256`, `ed25519`. */
  readonly key?: string
  /** Days from now. */
  readonly from?: number
  readonly until?: number
  readonly digest?: string
  /** More lines of the extensions section of openssl. */
  readonly extensions?: readonly string[]
}

const authorityExtensions = ['basicConstraints=critical,CA:TRUE', 'keyUsage=keyCertSign,cRLSign,digitalSignature']

/** A certificate authority of the openssl program, with its index of what it issued, in a directory of its own. */
export class TestAuthority implements Issued {
  readonly directory: string
  readonly cert: string
  readonly key: string

  private constructor(directory: string) {
    this.directory = directory
    this.cert = join(directory, 'ca.pem')
    this.key = join(directory, 'ca.key')
  }

  /** One that signed itself. */
  static async root(parent: string, issue: Issue): Promise<TestAuthority> {
    const authority = await TestAuthority.#prepare(parent, issue)
    await authority.#sign({ until: 3650, ...issue, cert: authority.cert, key: authority.key }, [
      '-selfsign',
      '-keyfile',
      authority.key,
    ])
    return authority
  }

  static async #prepare(parent: string, { name, key = 'rsa:2048' }: Issue): Promise<TestAuthority> {
    const directory = join(parent, name.replaceAll(' ', '-'))
    await mkdir(join(directory, 'new'), { recursive: true })
    const authority = new TestAuthority(directory)
    await writeFile(join(directory, 'index.txt'), '')
    await writeFile(join(directory, 'serial'), '1000\n')
    await writeFile(join(directory, 'crlnumber'), '01\n')
    await makeKey(authority.key, key)
    return authority
  }

  /** One below this one. */
  async below(issue: Issue): Promise<TestAuthority> {
    const authority = await TestAuthority.#prepare(this.directory, issue)
    const asked = { until: 2000, extensions: authorityExtensions, ...issue, cert: authority.cert, key: authority.key }
    await this.#sign(asked, ['-cert', this.cert, '-keyfile', this.key])
    return authority
  }

  /** Signs a certificate of a server or client. */
  async issue(issue: Issue): Promise<Issued> {
    const file = join(this.directory, issue.name.replaceAll(/[^\w.-]/g, '_'))
    const issued = { cert: `${file}.pem`, key: `${file}.key` }
    if (!existsSync(issued.key)) await makeKey(issued.key, issue.key ?? 'rsa:2048')
    await this.#sign({ ...issue, ...issued }, ['-cert', this.cert, '-keyfile', this.key])
    return issued
  }

  async #sign(issue: Issue & Issued, by: readonly string[]): Promise<void> {
    const { name, names = [], from = -1, until = 90, digest = 'sha256', cert, key, extensions = [] } = issue
    const request = `${cert}.csr`
    const self = by.includes('-selfsign') && extensions.length === 0 ? authorityExtensions : extensions
    const lines = [...self, ...(names.length > 0 ? [`subjectAltName=${names.join(',')}`] : []), 'subjectKeyIdentifier=hash']
    await writeFile(`${cert}.ext`, `${lines.join('\n')}\n`)
    openssl(['req', '-new', '-key', key, '-out', request, '-subj', `/CN=${name}`])
    const dates = ['-startdate', asn1Time(from), '-enddate', asn1Time(until)]
    const files = ['-in', request, '-out', cert, '-extfile', `${cert}.ext`]
    openssl(['ca', '-batch', '-notext', '-md', digest, '-config', await this.#config(), ...by, ...dates, ...files])
  }

  revoke({ cert }: Issued): Promise<void> {
    return this.#ca(['-revoke', cert])
  }

  /** A revocation list, PEM. */
  async crl({ seconds = 86_400 }: { readonly seconds?: number } = {}): Promise<string> {
    const file = join(this.directory, 'crl.pem')
    await this.#ca(['-gencrl', '-crlsec', String(seconds), '-out', file])
    return readFile(file, 'utf8')
  }

  /** An OCSP response about a certificate of this authority, DER, as a server staples it. */
  ocsp({ cert }: Issued, options: readonly string[] = ['-ndays', '1']): string {
    const file = `${cert}.ocsp`
    const request = ['-issuer', this.cert, '-cert', cert, '-no_nonce', '-reqout', `${file}req`]
    openssl(['ocsp', ...request])
    const responder = ['-index', join(this.directory, 'index.txt'), '-CA', this.cert, '-rsigner', this.cert, '-rkey', this.key]
    openssl(['ocsp', ...responder, '-reqin', `${file}req`, '-respout', file, ...options])
    return file
  }

  async #ca(args: readonly string[]): Promise<void> {
    openssl(['ca', '-batch', '-md', 'sha256', '-config', await this.#config(), '-cert', this.cert, '-keyfile', this.key, ...args])
  }

  async #config(): Promise<string> {
    const file = join(this.directory, 'ca.cnf')
    const lines = [
      '[ca]',
      'default_ca=this',
      '[this]',
      `dir=${this.directory}`,
      'database=$dir/index.txt',
      'serial=$dir/serial',
      'crlnumber=$dir/crlnumber',
      'new_certs_dir=$dir/new',
      'unique_subject=no',
      'policy=any',
      'default_days=90',
      'default_crl_days=1',
      'crl_extensions=crl',
      '[any]',
      'commonName=supplied',
      '[crl]',
      'authorityKeyIdentifier=keyid',
    ]
    await writeFile(file, `${lines.join('\n')}\n`)
    return file
  }
}

async function makeKey(file: string, kind: string): Promise<void> {
  const [algorithm = '', parameter = ''] = kind.split(':')
  const option = algorithm === 'rsa' ? `rsa_keygen_bits:${parameter}` : `ec_paramgen_curve:${parameter}`
  openssl(['genpkey', '-algorithm', algorithm, ...(parameter ? ['-pkeyopt', option] : []), '-out', file])
}

/** `20270101120000Z`. */
const asn1Time = (days: number): string =>
  `${new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+Z$/g, '')}Z`

export function openssl(args: readonly string[]): Buffer {
  const { success, stdout, stderr } = Bun.spawnSync(['openssl', ...args], { stdin: 'ignore', timeout: 60_000 })
  if (!success) throw new Error(`openssl ${args.join(' ')}: ${stderr}`)
  return stdout
}

/** The texts of PEM files, one after the other: a server's own certificate and those above it. */
export async function chainOf(...issued: readonly Issued[]): Promise<string> {
  const texts = await Promise.all(issued.map(({ cert }) => readFile(cert, 'utf8')))
  return texts.join('')
}
