import { fileURLToPath } from 'node:url'
import uniPlugin from '@dcloudio/vite-plugin-uni'
import type { Plugin } from 'postcss'
import { defineConfig, type Plugin as VitePlugin } from 'vite'

// The plugin is CommonJS: under ESM its function stands in `default`.
const uni = (uniPlugin as unknown as { default?: typeof uniPlugin }).default ?? uniPlugin

const platform = process.env.UNI_PLATFORM === 'mp-weixin' ? 'weixin' : 'h5'
const source = (path: string) => fileURLToPath(new URL(`./src/${path}`, import.meta.url))

/** Drop style rules that would load something from another origin (uni-h5 names shadows and fonts of its maker). */
const ownOriginOnly: Plugin = {
  postcssPlugin: 'own-origin-only',
  Declaration(declaration) {
    if (/url\(\s*['"]?(https?:)?\/\//.test(declaration.value)) declaration.remove()
  },
  AtRule: {
    'font-face': (rule) => {
      if (rule.nodes?.every((node) => node.type !== 'decl' || node.prop !== 'src')) rule.remove()
    },
  },
}

/** The home page's own files are asked for together with the program, not only when it has started. */
const homeAtOnce: VitePlugin = {
  name: 'home-at-once',
  transformIndexHtml: {
    order: 'post',
    handler: (_html, { bundle }) => {
      const chunks = Object.values(bundle ?? {}).flatMap((one) => (one.type === 'chunk' ? [one] : []))
      const home = chunks.find((one) => one.fileName.includes('pages-home-home'))
      const wanted = home ? [home.fileName, ...home.imports.filter((name) => !chunks.some((one) => one.isEntry && one.fileName === name))] : []
      return wanted.map((name) => ({ tag: 'link', attrs: { rel: 'modulepreload', crossorigin: true, href: `/m/${name}` }, injectTo: 'head' as const }))
    },
  },
}

export default defineConfig({
  base: '/m/',
  plugins: [uni(), homeAtOnce],
  resolve: { alias: { '#platform': source(`platform/${platform}.ts`), '@': source('') } },
  css: { postcss: { plugins: [ownOriginOnly] } },
  build: { target: 'es2018', chunkSizeWarningLimit: 900 },
})
