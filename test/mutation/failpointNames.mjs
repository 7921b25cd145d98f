import { declareValuePlugin, PluginKind } from '@stryker-mutator/api/plugin';

const reason =
  'The compiler knows the names of failpoints, and `npm run faults` reaches each; no name at all ends the process.';

/** Leaves the names of failpoints alone. */
const failpointNames = {
  shouldIgnore(path) {
    const isName = path.isStringLiteral() && path.parentPath.isCallExpression();
    return isName && path.parent.callee.name === 'failpoint' ? reason : undefined;
  },
};

export const strykerPlugins = [declareValuePlugin(PluginKind.Ignore, 'failpoint names', failpointNames)];
