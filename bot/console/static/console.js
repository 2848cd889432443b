/* What every page of the console does beside htmx: a request that failed is said in words. */
"use strict";

(() => {
  const say = (words) => {
    const place = document.getElementById("problem");
    place.textContent = words;
    place.hidden = false;
  };

  document.addEventListener("htmx:sendError", () => say("没连上服务器。请看一下网络，再试一次。"));
  document.addEventListener("htmx:timeout", () => say("服务器好一会儿没回。请再试一次。"));
  document.addEventListener("htmx:responseError", (event) => say(event.detail.xhr.status >= 500 ? "服务器出错了。请再试一次；还不行，请告诉管理员。" : "没有办成。请刷新这一页再试。"));
  document.addEventListener("htmx:beforeRequest", () => { document.getElementById("problem").hidden = true; });
})();
