/** Look over the built mini-program without WeChat's own tools: what they would refuse is told here. */
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const DIST = resolve(process.argv[2] ?? 'dist/build/mp-weixin')
const MAIN_LIMIT = 2 * 1024 * 1024
const ALL_LIMIT = 20 * 1024 * 1024
const ICON_LIMIT = 40 * 1024
const BUILT_IN = new Set(
  'view text image button input textarea picker picker-view picker-view-column scroll-view swiper swiper-item switch rich-text block slot template wxs navigator label form checkbox checkbox-group radio radio-group icon progress slider web-view canvas import include page-meta root-portal'.split(' '),
)
const problems = []
const complain = (file, text) => problems.push(`${relative(DIST, file)}: ${text}`)

function* walk(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) yield* walk(path)
    else yield path
  }
}

const files = [...walk(DIST)]
const json = new Map()
for (const file of files.filter((path) => path.endsWith('.json'))) {
  try {
    json.set(file, JSON.parse(readFileSync(file, 'utf8')))
  } catch (error) {
    complain(file, `no JSON: ${error.message}`)
  }
}

const app = json.get(join(DIST, 'app.json')) ?? { pages: [] }
const packages = app.subPackages ?? app.subpackages ?? []
const pages = [...app.pages, ...packages.flatMap((one) => one.pages.map((page) => `${one.root}/${page}`))]
for (const page of pages)
  for (const kind of ['js', 'json', 'wxml'])
    if (!existsSync(join(DIST, `${page}.${kind}`))) complain(join(DIST, `${page}.${kind}`), 'is missing')
for (const entry of app.tabBar?.list ?? [])
  for (const icon of [entry.iconPath, entry.selectedIconPath]) {
    const path = join(DIST, icon)
    if (!existsSync(path)) complain(path, 'tab icon is missing')
    else if (statSync(path).size > ICON_LIMIT) complain(path, 'tab icon is over 40 KB')
  }

for (const [file, content] of json) {
  for (const [tag, place] of Object.entries(content.usingComponents ?? {})) {
    const base = place.startsWith('/') ? join(DIST, place) : resolve(dirname(file), place)
    if (!existsSync(`${base}.wxml`)) complain(file, `component ${tag} is not at ${place}`)
  }
}
for (const file of files.filter((path) => path.endsWith('.wxml'))) {
  const registered = new Set(Object.keys(json.get(file.replace(/wxml$/, 'json'))?.usingComponents ?? {}))
  for (const [, tag] of readFileSync(file, 'utf8').matchAll(/<([a-z][a-z0-9-]*)/g))
    if (!BUILT_IN.has(tag) && !registered.has(tag)) complain(file, `tag <${tag}> is neither WeChat's nor registered`)
}
for (const file of files.filter((path) => path.endsWith('.wxss')))
  if (/url\(\s*['"]?(https?:)?\/\//.test(readFileSync(file, 'utf8'))) complain(file, 'loads from another origin')

// Addresses that stand in the code: only names of standards and of manuals in warnings, and the server's own.
const NAMED = ['www.w3.org', 'vuejs.org', 'uniapp.dcloud.net.cn']
const own = process.env.VITE_API_ORIGIN ? new URL(process.env.VITE_API_ORIGIN).host : ''
for (const file of files.filter((path) => /\.(js|wxml|wxs|json)$/.test(path)))
  for (const [, host] of readFileSync(file, 'utf8').matchAll(/(?:https?|wss?):\\?\/\\?\/([a-zA-Z0-9.:%-]+)/g))
    if (host !== own && !NAMED.includes(host)) complain(file, `names another origin: ${host}`)

/** WeChat's own compilers of templates and styles, as far as its package brings one for this machine. */
const BIN = { linux: 'linux', darwin: 'mac', win32: 'windows' }[process.platform]
const compilers = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', 'miniprogram-compiler', 'bin', BIN ?? '')
if (BIN && (process.platform !== 'linux' || process.arch === 'x64'))
  for (const [name, option, kind] of [['wcc', '-d', '.wxml'], ['wcsc', '-db', '.wxss']]) {
    const program = join(compilers, process.platform === 'win32' ? `${name}.exe` : name)
    chmodSync(program, 0o755) // npm installs it without the right to run
    const given = files.filter((path) => path.endsWith(kind)).map((path) => `./${relative(DIST, path)}`)
    const done = spawnSync(program, [option, ...given], { cwd: DIST, encoding: 'utf8', maxBuffer: 1 << 26 })
    if (name === 'wcc' ? done.status !== 0 : /ERR/.test(done.stderr)) complain(DIST, `${name}: ${done.stderr.trim() || done.error || done.status}`)
  }
else console.log('WeChat has no compilers for this machine: templates and styles were not compiled')

const roots = packages.map((one) => `${join(DIST, one.root)}/`)
const size = (paths) => paths.reduce((sum, path) => sum + statSync(path).size, 0)
const main = size(files.filter((path) => !roots.some((root) => path.startsWith(root))))
if (main > MAIN_LIMIT) complain(DIST, `main package is ${main} bytes, over 2 MB`)
if (size(files) > ALL_LIMIT) complain(DIST, 'all packages together are over 20 MB')

if (problems.length) {
  console.error(problems.join('\n'))
  process.exit(1)
}
console.log(`${pages.length} pages, main package ${(main / 1024).toFixed(0)} KB, all ${(size(files) / 1024).toFixed(0)} KB`)
