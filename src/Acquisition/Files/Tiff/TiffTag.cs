namespace LiveLtem.Acquisition.Files.Tiff;

/// <summary>Tag numbers that are looked at (TIFF 6.0, and the private ones of ImageJ and DigitalMicrograph).</summary>
internal static class TiffTag
{
    public const int NewSubfileType = 254;
    public const int Width = 256;
    public const int Height = 257;
    public const int BitsPerSample = 258;
    public const int Compression = 259;
    public const int Photometric = 262;
    public const int FillOrder = 266;
    public const int ImageDescription = 270;
    public const int Make = 271;
    public const int Model = 272;
    public const int StripOffsets = 273;
    public const int SamplesPerPixel = 277;
    public const int RowsPerStrip = 278;
    public const int StripByteCounts = 279;
    public const int XResolution = 282;
    public const int YResolution = 283;
    public const int PlanarConfiguration = 284;
    public const int T4Options = 292;
    public const int T6Options = 293;
    public const int ResolutionUnit = 296;
    public const int Software = 305;
    public const int DateTime = 306;
    public const int Predictor = 317;
    public const int TileWidth = 322;
    public const int TileHeight = 323;
    public const int TileOffsets = 324;
    public const int TileByteCounts = 325;
    public const int SampleFormat = 339;
    public const int JpegTables = 347;
    public const int YCbCrSubsampling = 530;
    public const int DmUnitX = 65003;
    public const int DmUnitY = 65004;
    public const int DmScaleX = 65009;
    public const int DmScaleY = 65010;
    public const int DmTags = 65027;
}
