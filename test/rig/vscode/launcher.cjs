#!/usr/bin/env node
require('../../../out/rig/vscode/launcher.js');
