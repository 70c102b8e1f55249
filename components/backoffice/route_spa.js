// Every path of the app is the app: what names no file is index.html, and the app's own router takes it from there.
// A path that names a file, such as /favicon.svg, stays what it is, so that a missing file is an error and not a page.
function handler(event) {
  var request = event.request;
  var last = request.uri.substring(request.uri.lastIndexOf("/") + 1);
  if (last.indexOf(".") === -1) {
    request.uri = "/index.html";
  }
  return request;
}
