// MJML on standard input through the official compiler and juice, as mjml itself joins them; HTML on standard output.
const mjml = require('mjml')
const juice = require('juice')

const { source, css } = JSON.parse(require('fs').readFileSync(0, 'utf8'))
const { html, errors } = mjml(source, { fonts: {}, validationLevel: 'soft' })
if (errors.length) {
  process.stderr.write(errors.map((error) => error.formattedMessage).join('\n'))
  process.exit(1)
}
process.stdout.write(juice(html, { extraCss: css, applyStyleTags: false, removeStyleTags: false }))
