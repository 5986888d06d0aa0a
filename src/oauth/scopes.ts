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
  /** Upload images, such as playlist covers, on the user's behalf. */
  UgcImageUpload: 'ugc-image-upload',
  /** Read the player's state: device, track and progress. */
  UserReadPlaybackState: 'user-read-playback-state',
  /** Control playback on the user's devices. */
  UserModifyPlaybackState: 'user-modify-playback-state',
  /** Read what is being played. */
  UserReadCurrentlyPlaying: 'user-read-currently-playing',
  /** Play music in the app itself (Premium accounts). */
  Streaming: 'streaming',
  /** Control the Spotify app on a phone (Android and iOS). */
  AppRemoteControl: 'app-remote-control',
  /** Read the user's email address. */
  UserReadEmail: 'user-read-email',
  /** Read the user's subscription, country and filter for explicit content. */
  UserReadPrivate: 'user-read-private',
  /** Include collaborative playlists in lists of playlists. */
  PlaylistReadCollaborative: 'playlist-read-collaborative',
  /** Change public playlists. */
  PlaylistModifyPublic: 'playlist-modify-public',
  /** Read private playlists. */
  PlaylistReadPrivate: 'playlist-read-private',
  /** Change private playlists. */
  PlaylistModifyPrivate: 'playlist-modify-private',
  /** Change what the user has saved in "Your Music". */
  UserLibraryModify: 'user-library-modify',
  /** Read what the user has saved in "Your Music". */
  UserLibraryRead: 'user-library-read',
  /** Read the user's top artists and tracks. */
  UserTopRead: 'user-top-read',
  /** Read the position at which an episode was left. */
  UserReadPlaybackPosition: 'user-read-playback-position',
  /** Read what was played recently. */
  UserReadRecentlyPlayed: 'user-read-recently-played',
  /** Read whom the user follows. */
  UserFollowRead: 'user-follow-read',
  /** Follow and unfollow on the user's behalf. */
  UserFollowModify: 'user-follow-modify',
} as const;
