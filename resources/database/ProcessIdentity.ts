/** Tells one process from a later one that got the same pid, and one machine from another that shares a folder. */
import { execFile } from "node:child_process"
import { readFile, readlink } from "node:fs/promises"
import { hostname } from "node:os"

// One boot of the kernel: /proc counts start times from it, so a start time alone repeats after a reboot.
const bootId = (): Promise<string> => readFile("/proc/sys/kernel/random/boot_id", "utf8").then((id) => id.trim())

const ofLinux = async (pid: number): Promise<string | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8")
    // The second field is the program's name in parentheses and may hold blanks, so count from the last ")".
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ")
    const [state, startTime] = [fields[0], fields[19]]
    return state === "Z" || state === "X" ? undefined : `${await bootId()}/${startTime}`
  } catch {
    return undefined
  }
}

const ofPs = (pid: number): Promise<string | undefined> =>
  new Promise((resolve) => {
    execFile("ps", ["-o", "stat=,lstart=", "-p", String(pid)], (error, stdout) => {
      const [state = "", ...started] = stdout.trim().split(/\s+/)
      resolve(error !== null || state === "" || state.startsWith("Z") ? undefined : started.join(" "))
    })
  })

const bySignal = (pid: number): string | undefined => {
  try {
    process.kill(pid, 0)
    return "alive"
  } catch (cause) {
    return cause instanceof Error && "code" in cause && cause.code === "EPERM" ? "alive" : undefined
  }
}

/**
 * A text that stays the same while the process lives and that no later process with this pid shares, or undefined
 * when there is no such process. A zombie counts as dead: where pid 1 does not reap, it stays for ever.
 * Windows knows no cheap start time; there the text says only that the pid is in use.
 */
export const identityOf = async (pid: number): Promise<string | undefined> => {
  if (!Number.isSafeInteger(pid) || pid <= 0) return undefined
  if (process.platform === "linux") return ofLinux(pid)
  return process.platform === "win32" ? bySignal(pid) : ofPs(pid)
}

/**
 * The folder in which a process works, or undefined where the system does not tell. A postmaster always works in its
 * data folder, which makes this the proof that a pid found in postmaster.pid is that server.
 */
export const workingFolderOf = async (pid: number): Promise<string | undefined> => {
  if (process.platform !== "linux") return undefined
  return readlink(`/proc/${pid}/cwd`).catch(() => undefined)
}

/**
 * Where pids have a meaning: this machine, or this container. Two containers on one volume cannot see each other's
 * processes, and two servers on one data folder destroy it.
 */
export const processSpace = async (): Promise<string> => {
  if (process.platform !== "linux") return process.platform
  // The kernel's first pid namespace has this fixed number on every machine; a container has another.
  const namespace = await readlink("/proc/self/ns/pid").catch(() => "")
  if (namespace !== "pid:[4026531836]") return `container ${hostname()}`
  const machine = await readFile("/etc/machine-id", "utf8").catch(() => "")
  return `machine ${machine.trim() || hostname()}`
}
