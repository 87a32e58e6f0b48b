import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * Puts code into the directory that would give itself away, and returns the variables that would run it, write beside it, or change the
 * runtime; `seenAs` is the directory where the program sees it.
 */
export async function hostileVariables(directory: string, seenAs = directory): Promise<Record<string, string>> {
  const code = join(seenAs, 'injected.js')
  await writeFile(join(directory, 'injected.js'), "console.log('INJECTED'); console.error('INJECTED'); process.exit(99)\n")
  await writeFile(join(directory, '.env'), `BUN_OPTIONS=--preload=${code}\nOPSCTL_OUTPUT=json\n`)
  await writeFile(join(directory, 'bunfig.toml'), `preload = ["${code}"]\n`)
  await writeFile(join(directory, 'overrides'), "override 'return' 'INJECTED'\n")
  const written = (name: string): string => join(seenAs, `written-${name}`)
  return {
    BUN_OPTIONS: `--preload=${code}`,
    BUN_BE_BUN: '1',
    BUN_PRELOAD: code,
    BUN_INSPECT: 'ws://127.0.0.1:1/x?break=1',
    BUN_INSPECT_PRELOAD: code,
    BUN_INSPECT_CONNECT_TO: 'tcp://127.0.0.1:1',
    BUN_INSPECT_NOTIFY: 'tcp://127.0.0.1:1',
    BUN_JSC_dumpOptions: '2',
    BUN_JSC_useJIT: '0',
    BUN_JSC_functionOverrides: join(seenAs, 'overrides'),
    BUN_JSC_noSuchOption: '1',
    BUN_BYTECODE_ORDER_OUT: written('order'),
    BUN_BYTECODE_DIGEST_OUT: written('digest'),
    BUN_TRACE: written('trace'),
    BUN_RUNTIME_TRANSPILER_CACHE_PATH: written('cache'),
    BUN_GARBAGE_COLLECTOR_LEVEL: '2',
    BUN_CONFIG_VERBOSE_FETCH: 'curl',
    BUN_CRASH_REPORT_URL: 'http://127.0.0.1:1/',
    JSC_dumpOptions: '2',
    JSC_SIGNAL_FOR_GC: '9',
    JSC_configFile: code,
    JavaScriptCoreUseJIT: '0',
    WTF_numberOfProcessorCores: 'many',
    SIMDUTF_FORCE_IMPLEMENTATION: 'none',
    MallocHelp: '1',
    MallocLogFile: written('malloc'),
    MallocStackLogging: '1',
    MIMALLOC_VERBOSE: '3',
    MIMALLOC_SHOW_STATS: '1',
    UV_THREADPOOL_SIZE: '-1',
    GOMAXPROCS: '0',
    ICU_DATA: seenAs,
    TZ: ':/etc/passwd',
    LC_ALL: 'xx_YY.UTF-16',
    COLUMNS: '-1',
    TMPDIR: '/nonexistent',
    XDG_CACHE_HOME: 'relative',
    XDG_RUNTIME_DIR: '/dev/null',
    PWD: '/nonexistent',
    SSH_AUTH_SOCK: code,
    SSLKEYLOGFILE: written('keys'),
    HTTPS_PROXY: 'http://127.0.0.1:1',
    NODE_OPTIONS: `--require ${code} --import ${code}`,
    NODE_PATH: seenAs,
    NODE_COMPILE_CACHE: written('compile-cache'),
    NODE_REDIRECT_WARNINGS: written('warnings'),
    NODE_DEBUG: 'fs,child_process',
    NODE_ENV: 'test',
    NODE_PENDING_DEPRECATION: '1',
    NODE_V8_COVERAGE: written('coverage'),
    NODE_TLS_REJECT_UNAUTHORIZED: '0',
    NODE_EXTRA_CA_CERTS: code,
    NODE_USE_SYSTEM_CA: '1',
    NODE_CHANNEL_FD: '1',
    NODE_UNIQUE_ID: '1',
    SSL_CERT_FILE: code,
    SSL_CERT_DIR: seenAs,
    OPENSSL_CONF: code,
  }
}
