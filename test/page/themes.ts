interface Theme {
  /** The classes that VS Code gives the body of a webview. */
  readonly bodyClass: string;
  /** Colours by their VS Code name; the webview sees `--vscode-` and dashes. */
  readonly variables: Readonly<Record<string, string>>;
}

const fonts = {
  'font-family': "system-ui, 'Ubuntu', 'Droid Sans', sans-serif",
  'font-size': '13px',
  'editor-font-family': "'Droid Sans Mono', 'monospace', monospace",
};

/** What VS Code tells a webview of its themes, as far as a dashboard asks. */
export const themes = {
  dark: {
    bodyClass: 'vscode-dark',
    variables: {
      ...fonts,
      ...{ foreground: '#CCCCCC', descriptionForeground: '#9D9D9D', 'editor.background': '#1F1F1F' },
      ...{ focusBorder: '#0078D4', 'panel.border': '#2B2B2B', 'list.hoverBackground': '#2A2D2E' },
      ...{ 'button.background': '#0078D4', 'button.foreground': '#FFFFFF', 'button.hoverBackground': '#026EC1' },
      ...{ 'button.secondaryBackground': '#313131', 'button.secondaryForeground': '#CCCCCC' },
      ...{ 'button.secondaryHoverBackground': '#3C3C3C', 'button.border': '#FFFFFF12' },
      ...{ 'dropdown.background': '#313131', 'dropdown.border': '#3C3C3C', 'dropdown.foreground': '#CCCCCC' },
      ...{ 'input.background': '#313131', 'input.border': '#3C3C3C', 'input.foreground': '#CCCCCC' },
      ...{ 'input.placeholderForeground': '#989898', 'textCodeBlock.background': '#2B2B2B' },
      ...{ 'textLink.foreground': '#4daafc', 'badge.background': '#616161', 'badge.foreground': '#F8F8F8' },
      ...{ 'progressBar.background': '#0078D4', 'testing.iconPassed': '#73c991', 'testing.iconFailed': '#f14c4c' },
      ...{ 'editorWarning.foreground': '#CCA700', 'widget.shadow': '#0000005c' },
    },
  },
  light: {
    bodyClass: 'vscode-light',
    variables: {
      ...fonts,
      ...{ foreground: '#3B3B3B', descriptionForeground: '#3B3B3B', 'editor.background': '#FFFFFF' },
      ...{ focusBorder: '#005FB8', 'panel.border': '#E5E5E5', 'list.hoverBackground': '#F2F2F2' },
      ...{ 'button.background': '#005FB8', 'button.foreground': '#FFFFFF', 'button.hoverBackground': '#0258A8' },
      ...{ 'button.secondaryBackground': '#E5E5E5', 'button.secondaryForeground': '#3B3B3B' },
      ...{ 'button.secondaryHoverBackground': '#CCCCCC', 'button.border': '#0000001a' },
      ...{ 'dropdown.background': '#FFFFFF', 'dropdown.border': '#CECECE', 'dropdown.foreground': '#3B3B3B' },
      ...{ 'input.background': '#FFFFFF', 'input.border': '#CECECE', 'input.foreground': '#3B3B3B' },
      ...{ 'input.placeholderForeground': '#767676', 'textCodeBlock.background': '#F8F8F8' },
      ...{ 'textLink.foreground': '#005FB8', 'badge.background': '#CCCCCC', 'badge.foreground': '#3B3B3B' },
      ...{ 'progressBar.background': '#005FB8', 'testing.iconPassed': '#73c991', 'testing.iconFailed': '#f14c4c' },
      ...{ 'editorWarning.foreground': '#BF8803', 'widget.shadow': '#00000029' },
    },
  },
  contrast: {
    bodyClass: 'vscode-high-contrast',
    variables: {
      ...fonts,
      ...{ foreground: '#FFFFFF', descriptionForeground: '#FFFFFFB3', 'editor.background': '#000000' },
      ...{ focusBorder: '#F38518', contrastBorder: '#6FC3DF', contrastActiveBorder: '#F38518' },
      ...{ 'panel.border': '#6FC3DF', 'list.hoverBackground': '#FFFFFF1A', 'button.background': '#000000' },
      ...{ 'button.foreground': '#FFFFFF', 'button.secondaryForeground': '#FFFFFF', 'button.border': '#6FC3DF' },
      ...{ 'dropdown.background': '#000000', 'dropdown.border': '#6FC3DF', 'dropdown.foreground': '#FFFFFF' },
      ...{ 'input.background': '#000000', 'input.border': '#6FC3DF', 'input.foreground': '#FFFFFF' },
      ...{ 'input.placeholderForeground': '#FFFFFFB3', 'textCodeBlock.background': '#000000' },
      ...{ 'textLink.foreground': '#21A6FF', 'badge.background': '#000000', 'badge.foreground': '#FFFFFF' },
      ...{ 'progressBar.background': '#6FC3DF', 'testing.iconPassed': '#73c991', 'testing.iconFailed': '#f14c4c' },
      ...{ 'editorWarning.foreground': '#FFD370' },
    },
  },
  /** A browser without VS Code: no variables at all. */
  plain: { bodyClass: '', variables: {} },
} as const satisfies Record<string, Theme>;

export type ThemeName = keyof typeof themes;
