import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

export default defineConfig({
  resolve: { alias: { '#platform': path('./tests/platform.ts'), '@': path('./src') } },
  test: { include: ['tests/**/*.test.ts'] },
})
