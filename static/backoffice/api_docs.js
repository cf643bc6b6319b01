"use strict";

// Swagger UI, started from a file of its own: the content policy allows no inline scripts.
const page = document.getElementById("api");
const dark = window.matchMedia("(prefers-color-scheme: dark)");

function follow() {
  document.documentElement.classList.toggle("dark-mode", dark.matches);
}
follow();
dark.addEventListener("change", follow);

window.SwaggerUIBundle({
  url: page.dataset.document,
  dom_id: "#api",
  presets: [window.SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  deepLinking: true,
  defaultModelsExpandDepth: 0,
  tagsSorter: "alpha",
  requestInterceptor(request) {
    if (!["GET", "HEAD"].includes(request.method || "GET")) {
      request.headers["X-CSRFToken"] = page.dataset.csrf;
    }
    return request;
  },
});
