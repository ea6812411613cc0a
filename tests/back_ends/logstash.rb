# Does with requests of OTLP JSON, a line each, what our pipeline has Logstash do: splits them into records, and runs its
# filter in ruby on each, by an event that stands in for Logstash's. Prints documents, a line each.
require "json"

module LogStash
  class Timestamp
    def self.at(seconds, microseconds) = Time.at(seconds, microseconds).utc.strftime("%Y-%m-%dT%H:%M:%S.%6NZ")
  end
end

class Event
  def initialize(fields) = @fields = fields

  def get(reference) = path(reference).reduce(@fields) { |held, key| held && held[key] }

  def set(reference, value)
    *around, last = path(reference)
    around.reduce(@fields) { |held, key| held[key] ||= {} }[last] = value
  end

  def remove(key) = @fields.delete(key)

  def to_hash = @fields.reject { |key, _| key == "@metadata" }

  def timestamp=(time)
    @fields["@timestamp"] = time
  end

  private

  def path(reference) = reference.start_with?("[") ? reference.scan(/[^\[\]]+/) : [reference]
end

code = File.read(ARGV.first).match(/^    code => '(.*?)'$/m)[1]
initial = File.read(ARGV.first).match(/^    init => '(.*?)'$/m)[1]
eval(initial)
filter = eval("lambda { |event| #{code} }")

$stdin.each_line do |request|
  JSON.parse(request)["resourceLogs"].each do |resource|
    resource["scopeLogs"].each do |scope|
      scope["logRecords"].each do |record|
        around = { "resource" => resource, "scope" => scope, "record" => record }
        event = Event.new("@metadata" => around, "@version" => "1", "resourceLogs" => [], "headers" => {})
        filter.call(event)
        puts JSON.generate("id" => event.get("[@metadata][id]"), "document" => event.to_hash)
      end
    end
  end
end
