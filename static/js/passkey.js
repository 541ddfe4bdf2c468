// Passkeys: fetches a challenge, asks the browser, puts the answer into the form and sends the form.
// Forms: <form data-passkey="create|get" data-challenge="/address" hidden>; hidden field `credential`.
(() => {
  "use strict";
  const toBytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const toText = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

  const ask = async (form) => {
    const answer = await fetch(form.dataset.challenge, {
      method: "POST",
      headers: { "X-CSRFToken": form.elements.csrf_token.value },
      credentials: "same-origin",
    });
    const sent = await answer.json();
    if (sent.go) location.assign(sent.go);
    if (!answer.ok) throw new Error(sent.error || "");
    const options = sent.publicKey;
    options.challenge = toBytes(options.challenge);
    options.excludeCredentials = known(options.excludeCredentials);
    options.allowCredentials = known(options.allowCredentials);
    if (options.user) options.user.id = toBytes(options.user.id);
    return options;
  };

  const pack = (credential) => {
    const { response } = credential;
    const parts = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"])
      if (response[name]) parts[name] = toText(response[name]);
    return JSON.stringify({ id: credential.id, rawId: toText(credential.rawId), type: credential.type, response: parts });
  };

  const work = async (form) => {
    const publicKey = await ask(form);
    const credential = await navigator.credentials[form.dataset.passkey]({ publicKey });
    form.elements.credential.value = pack(credential);
    form.submit();
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const says = form.querySelector("[data-refused]");
    const absent = document.querySelectorAll("[data-no-passkey]");
    if (!window.PublicKeyCredential) continue;
    form.hidden = false;
    for (const note of absent) note.hidden = true;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const button = form.querySelector("button");
      button.disabled = true;
      says.hidden = true;
      work(form).catch((error) => {
        button.disabled = false;
        // A cancelled dialog is a DOMException, whose words are not for people.
        says.querySelector("span").textContent =
          error instanceof DOMException || !error.message ? says.dataset.refused : error.message;
        says.hidden = false;
      });
    });
  }
})();
