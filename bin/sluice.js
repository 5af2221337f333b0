#!/usr/bin/env node
// The launcher of the command line: any Node from 16 on can read it. The rest needs Node 22.19, which strips types; an
// older one hands over to the Node that the project has in its node_modules.
import { spawn } from "node:child_process"
import { existsSync } from "node:fs"
import * as module from "node:module"
import { constants } from "node:os"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"

const own = dirname(fileURLToPath(import.meta.url))

const isEnough = (version) => {
  const [major, minor] = version.split(".").map(Number)
  return major > 22 || (major === 22 && minor >= 19)
}

/** The packages that hold a Node 24 for this machine; the real binary comes before a link that a shell has to follow. */
const candidates = () => {
  const platform = process.platform === "win32" ? "win" : process.platform
  const names = [`node-${platform}-${process.arch}`, `node-bin-${platform}-${process.arch}`]
  const binary = process.platform === "win32" ? "node.exe" : "node"
  return [...names.map((name) => join(name, "bin", binary)), join(".bin", binary)]
}

const findNode = (folder) => {
  for (let at = folder; ; at = dirname(at)) {
    for (const candidate of candidates()) {
      const path = join(at, "node_modules", candidate)
      if (existsSync(path)) return path
    }
    if (dirname(at) === at) return undefined
  }
}

const runWith = (node) => {
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, SLUICE_NODE: node }
  })
  // Ctrl-C in a terminal reaches the child by itself too; it takes two signals of one moment for one.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal))
  child.on("error", (error) => {
    process.stderr.write(`The Node at ${node} cannot be started (${error.message}); run npm ci to install it again.\n`)
    process.exit(2)
  })
  child.on("exit", (code, signal) => {
    process.exit(code === null ? 128 + (constants.signals[signal] || 0) : code)
  })
}

/**
 * V8 lets garbage lie while the machine has memory: 0.1 GB of Parquet into Postgres took 480 MB, and with these 186, in a
 * tenth more of the processor's time; a young generation of 16 took 229, and no less time. They can only be given at the start, and cost 25 ms of it. Who gave options for the
 * heap, or holds a channel to this process, is left with what there is.
 */
const heap = ["--max-semi-space-size=8", "--heap-growing-percent=50"]

/**
 * glibc gives threads memory of their own, and what one of them has left over is of no use to the others: V8's compilers
 * leave the most. With two places in place of one a thread the bulk pipeline's first 40,000 calls take 204 MB and not 215, as
 * fast.
 */
const arenas = { MALLOC_ARENA_MAX: "2", SLUICE_ARENAS: "set" }

const boundHeap = () => {
  const given = [...process.execArgv, process.env.NODE_OPTIONS ?? ""].join(" ")
  if (process.execve === undefined || process.platform === "win32" || process.connected || /(semi|old)[-_]space|heap/.test(given)) return
  const env = process.env.MALLOC_ARENA_MAX === undefined ? { ...process.env, ...arenas } : process.env
  process.execve(process.execPath, [process.execPath, ...heap, ...process.execArgv, ...process.argv.slice(1)], env)
}

/** It holds from the start of a process, and is not for those that this one starts. */
const forgetArenas = () => {
  if (process.env.SLUICE_ARENAS === undefined) return
  for (const name of Object.keys(arenas)) delete process.env[name]
}

if (isEnough(process.versions.node)) {
  boundHeap()
  forgetArenas()
  // Compiled code is kept between starts: 0.1 s of a start.
  if (module.enableCompileCache !== undefined) module.enableCompileCache()
  const launcher = process.env.SLUICE_NODE === undefined ? undefined : process.ppid
  delete process.env.SLUICE_NODE
  import("../cli/main.ts").then((main) => main.run(process.argv.slice(2), launcher), (error) => {
    process.stderr.write(`Sluice cannot be loaded: ${error.message.split("\n")[0]}; run npm ci in ${dirname(own)}.\n`)
    process.exit(2)
  })
} else {
  const node = process.env.SLUICE_NODE === undefined ? findNode(own) : undefined
  if (node === undefined) {
    process.stderr.write(
      `Sluice needs Node 22.19 or newer, this is ${process.versions.node} and no newer one is in node_modules: ` +
        "install Node 24, or run npm ci in the project.\n"
    )
    process.exit(2)
  }
  runWith(node)
}
