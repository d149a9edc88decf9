#!/usr/bin/env node
// Written for very old versions of Node too, so that they can say what is wrong.
"use strict";
var version = process.versions.node;
var parts = version.split(".").map(Number);
if (parts[0] < 20 || (parts[0] === 20 && parts[1] < 19)) {
  console.error("tjl: Node 20.19 or later is needed; this is Node %s (%s)", version, process.execPath);
  process.exit(2);
}
require("../dist/boot.cjs").start("cli.cjs");
