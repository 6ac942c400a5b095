// Starts Swagger UI; a token that a sign-in returns is used for the calls that follow.
if (window.SwaggerUIBundle) {
  const ui = window.SwaggerUIBundle({
    url: "/openapi.json",
    domNode: document.getElementById("api"),
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    validatorUrl: null,
    responseInterceptor: (response) => {
      const token = response.obj && response.obj.access_token;
      if (token) ui.preauthorizeApiKey("bearer", token);
      return response;
    },
  });
}
