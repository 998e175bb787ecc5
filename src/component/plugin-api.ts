import { registerHooks } from 'node:module'

/** The name by which plugins import what they build on. */
const specifier = 'weir/plugin'

/**
 * Makes `import ... from 'weir/plugin'` lead to the modules of this very process, wherever a plugin lies: series that
 * a plugin makes must be of the same classes, and in the same tables, as all others.
 *
 * @param url the module that answers
 */
export function offerPluginApi(url: URL): void {
  registerHooks({
    resolve: (wanted, context, next) =>
      wanted === specifier ? { url: url.href, shortCircuit: true } : next(wanted, context),
  })
}
