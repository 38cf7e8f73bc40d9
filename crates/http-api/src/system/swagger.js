// The page and this script may be behind a prefix of the path.
const base = new URL("../..", document.currentScript.src);

window.ui = SwaggerUIBundle({
  url: new URL("openapi.json", base).href,
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: true,
  tryItOutEnabled: true,
});
