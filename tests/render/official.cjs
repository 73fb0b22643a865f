// Reads {source, css} from standard input: MJML through the official compiler, then juice, as mjml itself joins them.
const mjml = require('mjml')
const juice = require('juice')

const { source, css } = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const { html, errors } = mjml(source, { fonts: {}, validationLevel: 'soft' })
if (errors.length) {
  process.stderr.write(errors.map((error) => error.formattedMessage).join('\n'))
  process.exit(1)
}
const options = {
  extraCss: css,
  applyStyleTags: false,
  removeStyleTags: false,
  // We keep the attributes that MJML wrote and derive none from the style.
  applyAttributesTableElements: false,
  applyWidthAttributes: false,
  applyHeightAttributes: false,
}
process.stdout.write(juice(html, options))
