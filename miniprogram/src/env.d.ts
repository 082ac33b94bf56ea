/// <reference types="vite/client" />

declare module '*.vue' {
  import type { DefineComponent } from 'vue'
  const component: DefineComponent<object, object, unknown>
  export default component
}

interface ImportMetaEnv {
  /** Origin of the server, for the mini-program build (H5 uses its own origin): https://wy.example.com */
  readonly VITE_API_ORIGIN?: string
}
