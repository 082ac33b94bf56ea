import { fileURLToPath } from 'node:url'
import uniPlugin from '@dcloudio/vite-plugin-uni'
import type { Plugin } from 'postcss'
import { defineConfig } from 'vite'

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

export default defineConfig({
  base: '/m/',
  plugins: [uni()],
  resolve: { alias: { '#platform': source(`platform/${platform}.ts`), '@': source('') } },
  css: { postcss: { plugins: [ownOriginOnly] } },
  build: { target: 'es2018', chunkSizeWarningLimit: 900 },
})
