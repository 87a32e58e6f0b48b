/** Preloaded: what is loaded after this gets the modules of the compiled program, as `native` of pkg.config.json names them. */
import { plugin } from 'bun'
import { nativeModules } from '../../scripts/release/native-modules.ts'
import { readPackaging } from '../../scripts/release/packaging.ts'

plugin(nativeModules(readPackaging()).plugin)
