import { createAccount, createOperator, createUser, type KeyPair } from '@nats-io/nkeys'

/** What a server wants of an operator with one account, and the content of a .creds file of a user of that account. */
export interface NatsAccounts {
  /** Lines for the configuration of the server. */
  readonly config: string
  readonly credentials: string
}

const everything = { subs: -1, data: -1, payload: -1, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 }
const jetStream = { mem_storage: -1, disk_storage: -1, streams: -1, consumer: -1 }

/** Signed as https://docs.nats.io/running-a-nats-service/configuration/securing_nats/auth_intro/jwt describes it. */
export function natsAccounts(): NatsAccounts {
  const [operator, account, system, user] = [createOperator(), createAccount(), createAccount(), createUser()]
  const own = { type: 'operator', version: 2 }
  const ofAccount = {
    limits: { ...everything, ...jetStream },
    default_permissions: { pub: {}, sub: {} },
    type: 'account',
    version: 2,
  }
  const ofUser = { pub: {}, sub: {}, subs: -1, data: -1, payload: -1, type: 'user', version: 2 }
  const operatorToken = signed(operator, operator, own)
  const ofSystem = { ...ofAccount, limits: everything }
  const preload = [
    `${account.getPublicKey()}: ${signed(operator, account, ofAccount)}`,
    `${system.getPublicKey()}: ${signed(operator, system, ofSystem)}`,
  ]
  const seed = new TextDecoder().decode(user.getSeed())
  return {
    config: `operator: ${operatorToken}\nsystem_account: ${system.getPublicKey()}\nresolver: MEMORY\nresolver_preload: {\n${preload.join('\n')}\n}\n`,
    credentials: `-----BEGIN NATS USER JWT-----\n${signed(account, user, ofUser)}\n------END NATS USER JWT------\n\n-----BEGIN USER NKEY SEED-----\n${seed}\n------END USER NKEY SEED------\n`,
  }
}

function signed(issuer: KeyPair, subject: KeyPair, nats: object): string {
  const sub = subject.getPublicKey()
  const claims = { jti: sub, iat: Math.floor(Date.now() / 1000), iss: issuer.getPublicKey(), name: sub.slice(0, 8), sub, nats }
  const text = [{ typ: 'JWT', alg: 'ed25519-nkey' }, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url'))
  const signature = issuer.sign(new TextEncoder().encode(text.join('.')))
  return [...text, Buffer.from(signature).toString('base64url')].join('.')
}
