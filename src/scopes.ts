/**
 * Every scope of the Spotify Web API that SpotifyAPI-NET lists. The scopes of other providers are plain strings.
 *
 * @example
 * ```ts
 * import { LoginRequest, ResponseType, Scopes } from 'embed-auth-server';
 *
 * const request = new LoginRequest('http://127.0.0.1:5543/callback', 'my-client-id', ResponseType.Code, {
 *   scope: [Scopes.UserReadEmail, Scopes.PlaylistReadPrivate],
 * });
 * console.log(request.toUri().href);
 * ```
 *
 * @see [Spotify, scopes](https://developer.spotify.com/documentation/web-api/concepts/scopes)
 */
export const Scopes = {
  UgcImageUpload: 'ugc-image-upload',
  UserReadPlaybackState: 'user-read-playback-state',
  UserModifyPlaybackState: 'user-modify-playback-state',
  UserReadCurrentlyPlaying: 'user-read-currently-playing',
  Streaming: 'streaming',
  AppRemoteControl: 'app-remote-control',
  UserReadEmail: 'user-read-email',
  UserReadPrivate: 'user-read-private',
  PlaylistReadCollaborative: 'playlist-read-collaborative',
  PlaylistModifyPublic: 'playlist-modify-public',
  PlaylistReadPrivate: 'playlist-read-private',
  PlaylistModifyPrivate: 'playlist-modify-private',
  UserLibraryModify: 'user-library-modify',
  UserLibraryRead: 'user-library-read',
  UserTopRead: 'user-top-read',
  UserReadPlaybackPosition: 'user-read-playback-position',
  UserReadRecentlyPlayed: 'user-read-recently-played',
  UserFollowRead: 'user-follow-read',
  UserFollowModify: 'user-follow-modify',
} as const;
