// What the linter holds every file to: types without escape hatches, hooks used rightly, the house's import laws, small files.
import js from "@eslint/js";
import hooks from "eslint-plugin-react-hooks";
import globals from "globals";
import typescript from "typescript-eslint";
import laws from "./eslint/laws.js";

export default typescript.config(
  { ignores: ["node_modules", "dist", "src/api/*.d.ts", "test-results"] },
  js.configs.recommended,
  {
    files: ["**/*.{ts,tsx}"],
    extends: [...typescript.configs.strictTypeChecked, hooks.configs.flat["recommended-latest"] ?? hooks.configs.flat.recommended],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { laws },
    rules: {
      "laws/imports": "error",
      "max-lines": ["error", { max: 250, skipBlankLines: false, skipComments: false }],
      "no-restricted-globals": ["error", { name: "fetch", message: "use the client from @/api: it carries the token, renews it and speaks problems." }],
      "no-console": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { attributes: false } }],
    },
  },
  { files: ["src/api/**", "tests/**"], rules: { "no-restricted-globals": "off" } },
  { files: ["eslint/**", "*.config.js", "public/**"], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
);
