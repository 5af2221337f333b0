/** What postmaster.pid says about the server of a data folder, and whether that is still true. */
import { readFile, realpath, rename, writeFile } from "node:fs/promises"
import * as net from "node:net"
import * as path from "node:path"
import { identityOf, processSpace, workingFolderOf } from "./ProcessIdentity.ts"

/** The server of a data folder: none, one that comes or goes (`busy`), one that answers, or one elsewhere. */
export type Postmaster =
  | { readonly state: "absent" }
  | { readonly state: "dead" }
  | { readonly state: "foreign"; readonly space: string }
  | { readonly state: "busy"; readonly pid: number }
  | { readonly state: "ready"; readonly pid: number; readonly port: number }

/** The file beside postmaster.pid that says in which machine or container its pid has a meaning. */
const spaceFile = (data: string): string => path.join(data, "sluice.space")

/** Notes that the server of `data` runs here. To be written before it is started. */
export const claim = async (data: string): Promise<void> => writeFile(spaceFile(data), await processSpace())

// The SSLRequest of the wire protocol: the shortest question that only a Postgres server answers with S or N.
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47])

/** Whether a Postgres server answers at this port of 127.0.0.1 within a second. */
export const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect({ host: "127.0.0.1", port })
    const settle = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(1000, () => settle(false))
    socket.on("error", () => settle(false))
    socket.on("close", () => settle(false))
    socket.on("connect", () => socket.write(sslRequest))
    socket.on("data", (chunk) => settle(chunk[0] === 0x4e || chunk[0] === 0x53))
  })

const isServerOf = async (pid: number, data: string): Promise<boolean> => {
  if (await identityOf(pid) === undefined) return false
  const folder = await workingFolderOf(pid)
  return folder === undefined || folder === data
}

/** Reads the state of the server of `data`. Its pid is believed only if that process is a server of this folder. */
export const inspect = async (data: string): Promise<Postmaster> => {
  const content = await readFile(path.join(data, "postmaster.pid"), "utf8").catch((cause: NodeJS.ErrnoException) => {
    // A folder that may not be read is no sign that no server runs in it.
    if (cause.code === "ENOENT" || cause.code === "ENOTDIR") return undefined
    throw cause
  })
  if (content === undefined) return { state: "absent" }
  const lines = content.split("\n")
  const pid = Number(lines[0])
  if (!await isServerOf(pid, await realpath(data))) {
    const space = await readFile(spaceFile(data), "utf8").catch(() => "")
    return space === "" || space === await processSpace() ? { state: "dead" } : { state: "foreign", space }
  }
  const port = Number(lines[3])
  return lines[7]?.trim() === "ready" && await answers(port) ? { state: "ready", pid, port } : { state: "busy", pid }
}

// Above every limit of a pid on Linux, macOS and Windows, and still an int for Postgres.
const impossiblePid = 2_147_483_646

/**
 * Makes Postgres see that the postmaster of `data` is dead although its pid is in use again (or is a zombie): it
 * would refuse to start. The rest of the file stays, and with it the proof of shared memory that Postgres checks:
 * backends that outlived their postmaster still keep a second server out.
 */
export const disown = async (data: string): Promise<void> => {
  const file = path.join(data, "postmaster.pid")
  const [, ...rest] = (await readFile(file, "utf8")).split("\n")
  await writeFile(`${file}.new`, [impossiblePid, ...rest].join("\n"), { mode: 0o600 })
  await rename(`${file}.new`, file)
}
